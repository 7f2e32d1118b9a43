using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>
/// The gate that every request to every route passes: who is asking, was the write meant by the person at the browser, and does the route's rule allow it.
/// A route without a rule is closed to everybody.
/// </summary>
internal sealed class AuthorisationGate(RequestDelegate next, Authentication authentication)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            return next(context);   // no route: 404, 405 and 415 are answered by the edge
        }

        var rule = endpoint.Metadata.GetMetadata<RouteRule>();
        if (rule is { OwnCheck: true })
        {
            return next(context);
        }

        if (SimpleBody(context.Request) is { } simple)
        {
            return Problems.WriteAsync(context, simple);
        }

        if (rule is { OpenBecause: not null })
        {
            return next(context);
        }

        var identified = authentication.Identify(context);
        var refusal = identified.Refusal ?? (identified.Value.Session is { } session ? CheckCsrf(context.Request, session) : null)
            ?? (rule?.Right is { } right ? Check(identified.Value.Actor, right, rule.OrRight) : IdentityRefusals.RouteWithoutRule)
            ?? (Project.Exists(context.Request.Headers[Project.Header].ToString()) ? null : IdentityRefusals.ProjectNotFound);
        if (refusal is not null)
        {
            if (refusal.Status == StatusCodes.Status401Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
            }

            return Problems.WriteAsync(context, refusal);
        }

        context.Features.Set(identified.Value);
        return ActivityContext.TryParse(context.Request.Headers.TraceParent, context.Request.Headers.TraceState, out _) ? TracedAsync(context, next) : next(context);
    }

    /// <summary>A request that belongs to a trace: what it calls and what it tells (events) belongs to the trace as well.</summary>
    private static async Task TracedAsync(HttpContext context, RequestDelegate next)
    {
        using var activity = new Activity("slipway.request") { TraceStateString = context.Request.Headers.TraceState };
        activity.SetParentId(context.Request.Headers.TraceParent!).Start();
        await next(context);
    }

    private static Refusal? Check(Actor actor, Right right, Right? or) =>
        Authorize.AtGate(actor, right) is { } refusal && (or is not { } other || Authorize.AtGate(actor, other) is not null) ? refusal : null;

    /// <summary>
    /// The body types that another site's page can send without asking first. No route of ours takes them, so they are refused, whatever the body.
    /// </summary>
    private static Refusal? SimpleBody(HttpRequest request)
    {
        if (request.ContentType is not { Length: > 0 } type || HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return null;
        }

        var semicolon = type.IndexOf(';');
        return (semicolon < 0 ? type : type[..semicolon]).Trim().ToLowerInvariant() is "text/plain" or "multipart/form-data" or "application/x-www-form-urlencoded"
            ? EdgeRefusals.ContentTypeRefused
            : null;
    }

    private static Refusal? CheckCsrf(HttpRequest request, SessionIdentity session) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)
        || CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(request.Headers[Sessions.CsrfHeader].ToString()), Encoding.UTF8.GetBytes(session.CsrfToken))
            ? null
            : IdentityRefusals.CsrfMissing;
}
