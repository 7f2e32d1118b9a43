using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class SecretsFeature
{
    public static void AddSecrets(this IServiceCollection services)
    {
        services.AddSingleton<SecretUse>();
        services.AddSingleton<SetSecret>();
        services.AddSingleton<DeleteSecret>();
        services.AddSingleton<FindSecrets>();
        services.AddSingleton<IReplicaSecrets, OpenSecrets>();
    }

    public static void MapSecrets(this IEndpointRouteBuilder routes)
    {
        var secrets = routes.MapGroup("/api/v1/environments/{environment}/secrets").WithTags("Environments");
        secrets.MapGet("/", async (string environment, FindSecrets find, CancellationToken cancellationToken) => (await find.ListAsync(environment, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListSecrets").Produces<Page<SecretInfo>>();

        secrets.MapGet("/{name}", async (string environment, string name, HttpContext http, FindSecrets find, CancellationToken cancellationToken) =>
            (await find.OneAsync(environment, name, cancellationToken)).ToOk(http, s => s.Etag))
            .RequireRight(Right.Read).WithName("GetSecret").Produces<SecretInfo>();

        secrets.MapPut("/{name}", async (
                string environment, string name, JsonBody<SetSecretRequest> body, HttpContext http, SetSecret set, FindSecrets find, Actor by, CancellationToken cancellationToken) =>
            {
                var done = await set.RunAsync(environment, name, body.Value, Etag.Of(http.Request), by, cancellationToken);
                return done.Refusal is { } refusal ? refusal.ToProblem() : (await find.OneAsync(environment, name, cancellationToken)).ToOk(http, s => s.Etag);
            })
            .RequireRight(Right.DeployToDevelopment).WithName("SetSecret").Produces<SecretInfo>();

        secrets.MapDelete("/{name}", async (string environment, string name, HttpContext http, DeleteSecret delete, Actor by, CancellationToken cancellationToken) =>
            (await delete.RunAsync(environment, name, Etag.Of(http.Request), by, cancellationToken)).ToNoContent())
            .RequireRight(Right.DeployToDevelopment).WithName("DeleteSecret").Produces(StatusCodes.Status204NoContent);
    }
}
