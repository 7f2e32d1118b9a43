using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Environments;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class EnvironmentsFeature
{
    public static void AddEnvironments(this IServiceCollection services)
    {
        services.AddSingleton<EnvironmentInfos>();
        services.AddSingleton<CreateEnvironment>();
        services.AddSingleton<UpdateEnvironment>();
        services.AddSingleton<DeleteEnvironment>();
    }

    public static void MapEnvironments(this IEndpointRouteBuilder routes)
    {
        var environments = routes.MapGroup("/api/v1/environments").WithTags("Environments");
        environments.MapGet("/", (EnvironmentInfos infos, CancellationToken cancellationToken) => infos.ListAsync(cancellationToken))
            .RequireRight(Right.Read).WithName("ListEnvironments").Produces<Page<EnvironmentInfo>>();

        environments.MapPost("/", async (
                JsonBody<CreateEnvironmentRequest> body, HttpContext http, CreateEnvironment create, EnvironmentInfos infos, Actor by, CancellationToken cancellationToken) =>
            {
                var created = await create.RunAsync(body.Value, by, cancellationToken);
                if (created.Refusal is { } refusal)
                {
                    return refusal.ToProblem();
                }

                var info = (await infos.OneAsync(created.Value, cancellationToken)).Value;
                http.Response.Headers.ETag = info.Etag;
                return Results.Created($"/api/v1/environments/{info.Name}", info);
            })
            .RequireRight(Right.Administer).WithIdempotency("environment", async (http, made) =>
                (await http.RequestServices.GetRequiredService<EnvironmentInfos>().OneAsync(made[1], http.RequestAborted)).ToCreated(e => $"/api/v1/environments/{e.Name}"))
            .WithName("CreateEnvironment").Produces<EnvironmentInfo>(StatusCodes.Status201Created);

        environments.MapGet("/{environment}", async (string environment, HttpContext http, EnvironmentInfos infos, CancellationToken cancellationToken) =>
            (await infos.OneAsync(environment, cancellationToken)).ToOk(http, e => e.Etag))
            .RequireRight(Right.Read).WithName("GetEnvironment").Produces<EnvironmentInfo>();

        environments.MapPatch("/{environment}", async (
                string environment, JsonBody<UpdateEnvironmentRequest> body, HttpContext http, UpdateEnvironment update, EnvironmentInfos infos, Actor by,
                CancellationToken cancellationToken) =>
            {
                var updated = await update.RunAsync(environment, body.Value, Etag.Of(http.Request), by, cancellationToken);
                return updated.Refusal is { } refusal ? refusal.ToProblem() : (await infos.OneAsync(updated.Value, cancellationToken)).ToOk(http, e => e.Etag);
            })
            .RequireRight(Right.Administer).WithName("UpdateEnvironment").Produces<EnvironmentInfo>();

        environments.MapDelete("/{environment}", async (string environment, HttpContext http, DeleteEnvironment delete, Actor by, CancellationToken cancellationToken) =>
            (await delete.RunAsync(environment, Etag.Of(http.Request), by, cancellationToken)).ToNoContent())
            .RequireRight(Right.Administer).WithName("DeleteEnvironment").Produces(StatusCodes.Status204NoContent);
    }
}
