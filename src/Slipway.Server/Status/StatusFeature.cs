using Slipway.Server.Identity;

namespace Slipway.Server.Status;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class StatusFeature
{
    public static void AddStatus(this IServiceCollection services)
    {
        services.AddSingleton<UiFiles>();
    }

    public static void MapStatus(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => Results.Redirect("/ui/")).Open("the way to the user interface").ExcludeFromDescription();
        routes.MapGet("/ui/{**path}", (string? path, UiFiles files, HttpResponse response) => files.Find(path, response))
            .Open("the user interface's files hold no data").ExcludeFromDescription();
    }
}
