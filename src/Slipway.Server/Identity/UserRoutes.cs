using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Users and keys.</summary>
internal static class UserRoutes
{
    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/api/v1/users").WithTags("users").RequireRight(Right.Administer);

        users.MapGet("/", async (PageQuery page, Database database, CancellationToken cancellationToken) =>
            {
                await using var db = database.Read();
                var after = page.After ?? "";
                var rows = await db.Set<User>().Where(u => u.DeletedAt == null && u.Name.CompareTo(after) > 0).OrderBy(u => u.Name)
                    .Take(page.Limit + 1).ToListAsync(cancellationToken);
                return Results.Ok(page.Of(rows, u => u.Name, u => u.ToInfo()));
            })
            .Produces<Page<UserInfo>>().WithName("ListUsers");

        users.MapPost("/", async (JsonBody<CreateUserRequest> body, CreateUser create, Actor by, CancellationToken cancellationToken) =>
                (await create.RunAsync(body.Value, by, cancellationToken)).ToCreated(user => $"/api/v1/users/{user.Name}"))
            .WithIdempotency("user", async (http, made) => (await FindAsync(http.RequestServices.GetRequiredService<Database>(), made[1], http.RequestAborted)).ToCreated(user => $"/api/v1/users/{user.Name}"))
            .Produces<UserInfo>(StatusCodes.Status201Created).WithName("CreateUser");

        users.MapGet("/{name}", async (string name, Database database, CancellationToken cancellationToken) => (await FindAsync(database, name, cancellationToken)).ToOk())
            .Produces<UserInfo>().WithName("GetUser");

        users.MapPatch("/{name}", async (string name, JsonBody<UpdateUserRequest> body, UpdateUser update, Actor by, CancellationToken cancellationToken) =>
                (await update.RunAsync(name, body.Value, by, cancellationToken)).ToOk())
            .Produces<UserInfo>().WithName("UpdateUser");

        users.MapDelete("/{name}", async (string name, DeleteUser delete, Actor by, CancellationToken cancellationToken) =>
                (await delete.RunAsync(name, by, cancellationToken)).ToNoContent())
            .WithName("DeleteUser");

        // The answer holds a secret: no idempotency key, which would store it.
        users.MapPost("/{name}/sign-in-link", async (string name, CreateSignInLink create, HttpRequest request, Actor by, CancellationToken cancellationToken) =>
                (await create.RunAsync(name, $"{request.Scheme}://{request.Host}", by, cancellationToken)).ToOk())
            .Produces<SignInLink>().WithName("CreateSignInLink");
    }

    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/keys").WithTags("keys");

        group.MapGet("/", async (string? user, bool? all, PageQuery page, Database database, KeyDirectory directory, Actor by, CancellationToken cancellationToken) =>
            {
                if ((all == true || (user ?? by.Name) != by.Name) && Authorize.Check(by, Right.Administer, Project.Default) is { } refusal)
                {
                    return refusal.ToProblem();
                }

                await using var db = database.Read();
                var name = user ?? by.Name;
                var keys = db.Set<ApiKey>().Where(k => k.RevokedAt == null && (all == true || k.User.Name == name));
                if (page.After is { } after)
                {
                    if (!Guid.TryParse(after, out var last))
                    {
                        return PageQuery.TokenInvalid.ToProblem();
                    }

                    keys = keys.Where(k => k.Id.CompareTo(last) > 0);
                }

                var rows = await keys.OrderBy(k => k.Id).Take(page.Limit + 1).Select(k => new { Key = k, k.User.Name }).ToListAsync(cancellationToken);
                return Results.Ok(page.Of(rows, r => r.Key.Id.ToString(), r => r.Key.ToInfo(r.Name, directory.LastUse(r.Key.Id))));
            })
            .RequireRight(Right.SignedIn).Produces<Page<KeyInfo>>().WithName("ListKeys");

        // The answer holds a secret: no idempotency key, which would store it.
        group.MapPost("/", async (JsonBody<CreateKeyRequest> body, CreateKey create, Caller caller, CancellationToken cancellationToken) =>
                (await create.RunAsync(body.Value, caller.Actor, caller.ExpiresAt, cancellationToken)).ToCreated(key => $"/api/v1/keys/{key.Info.Id}"))
            .RequireRight(Right.ManageAccount).Produces<CreatedKey>(StatusCodes.Status201Created).WithName("CreateKey");

        group.MapDelete("/{id:guid}", async (Guid id, RevokeKey revoke, Actor by, CancellationToken cancellationToken) =>
                (await revoke.RunAsync(id, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.ManageAccount).WithName("RevokeKey");
    }

    private static async Task<Result<UserInfo>> FindAsync(Database database, string name, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await UserRules.FindAsync(db, name, cancellationToken) is { } user ? user.ToInfo() : IdentityRefusals.UserNotFound(name);
    }
}
