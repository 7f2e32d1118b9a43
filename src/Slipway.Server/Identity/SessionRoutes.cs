using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Signing in and out, and who one is.</summary>
internal static class SessionRoutes
{
    public static void MapSession(this IEndpointRouteBuilder routes)
    {
        var session = routes.MapGroup("/api/v1/session").WithTags("session");

        session.MapPost("/redeem", async (JsonBody<RedeemLinkRequest> body, SignIn signIn, HttpContext context, CancellationToken cancellationToken) =>
                Answer(await signIn.ByLinkAsync(body.Value.Token, AddressOf(context), context.TraceIdentifier, cancellationToken), context))
            .Open("signing in by a one-time link").Produces<SessionInfo>().WithName("RedeemSignInLink");

        session.MapPost("/", async (JsonBody<PasswordSignInRequest> body, SignIn signIn, HttpContext context, CancellationToken cancellationToken) =>
                Answer(await signIn.ByPasswordAsync(body.Value, AddressOf(context), context.TraceIdentifier, cancellationToken), context))
            .Open("signing in by password").Produces<SessionInfo>().WithName("SignIn");

        session.MapGet("/", (Caller caller) => Results.Ok(SignIn.SessionInfoOf(caller.Actor, caller.Session?.CsrfToken, caller.ExpiresAt)))
            .RequireRight(Right.SignedIn).Produces<SessionInfo>().WithName("GetSession");

        session.MapDelete("/", async (Caller caller, SignIn signIn, HttpContext context, CancellationToken cancellationToken) =>
            {
                if (caller.Session is not { } open)
                {
                    return Refusal.Conflict("not_a_session", "This request came with a key; there is no browser session to end.").ToProblem();
                }

                context.Response.Cookies.Delete(Sessions.CookieName);
                return (await signIn.OutAsync(open, caller.Actor, cancellationToken)).ToNoContent();
            })
            .RequireRight(Right.ManageAccount).WithName("SignOut");

        session.MapPut("/password", async (JsonBody<SetPasswordRequest> body, Caller caller, SetPassword set, CancellationToken cancellationToken) =>
                (await set.RunAsync(body.Value, caller, cancellationToken)).ToNoContent())
            .RequireRight(Right.ManageAccount).WithName("SetPassword");
    }

    private static IResult Answer(Result<OpenedSession> opened, HttpContext context)
    {
        if (opened.IsRefused)
        {
            return opened.Refusal!.ToProblem();
        }

        context.Response.Cookies.Append(Sessions.CookieName, opened.Value.Cookie, new CookieOptions
        {
            HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/", MaxAge = Session.Lifetime, IsEssential = true,
        });
        return Results.Ok(opened.Value.Info);
    }

    private static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString();
}
