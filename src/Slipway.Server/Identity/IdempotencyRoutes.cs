namespace Slipway.Server.Identity;

/// <summary>Marks routes that honour <c>Idempotency-Key</c>, for the OpenAPI document too.</summary>
/// <param name="Again">
/// Answers from what a request has made, when its own answer was lost; null when what the route makes is not among it: the request ended before that, and is carried out anew. Null: such a request leaves no
/// mark.
/// </param>
internal sealed record IdempotentRoute(Func<HttpContext, IdempotentEffect, Task<IResult?>>? Again);

internal static class IdempotencyRoutes
{
    /// <summary>
    /// Lets a creating route honour <c>Idempotency-Key</c> where doing it twice does no harm: its answer is stored after the change, and a request whose answer was lost is carried out anew.
    /// </summary>
    public static RouteHandlerBuilder WithIdempotency(this RouteHandlerBuilder builder) => builder.With(new IdempotentRoute(null));

    /// <summary>Lets a creating route honour <c>Idempotency-Key</c>: it is carried out once, whatever becomes of the server and the answer.</summary>
    /// <param name="kind">What it makes, as the change feed names it.</param>
    /// <param name="again">Reads that, by the segments of its path below <c>/api/v1</c>, and answers as the route does.</param>
    public static RouteHandlerBuilder WithIdempotency(this RouteHandlerBuilder builder, string kind, Func<HttpContext, string[], Task<IResult>> again) =>
        builder.WithIdempotency(async (http, effect) => effect.Of(kind) is { } made ? await again(http, made) : null);

    /// <summary>The same for a route that may make one thing or another.</summary>
    public static RouteHandlerBuilder WithIdempotency(this RouteHandlerBuilder builder, Func<HttpContext, IdempotentEffect, Task<IResult?>> again) => builder.With(new IdempotentRoute(again));

    private static RouteHandlerBuilder With(this RouteHandlerBuilder builder, IdempotentRoute route) => builder.AddEndpointFilter<RouteHandlerBuilder, IdempotencyFilter>().WithMetadata(route);
}
