namespace Slipway.Server.Identity;

/// <summary>The rule of a route: the right that its caller needs. A route without one denies everybody.</summary>
internal sealed record RouteRule(Right? Right, string? OpenBecause);

internal static class RouteRules
{
    /// <summary>The caller needs <paramref name="right"/>. Rules that depend on the thing (own deployment, its environment) are checked by the operation too.</summary>
    public static TBuilder RequireRight<TBuilder>(this TBuilder builder, Right right)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RouteRule(right, null));

    /// <summary>Anybody may call it; <paramref name="because"/> is shown in the route table.</summary>
    public static TBuilder Open<TBuilder>(this TBuilder builder, string because)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RouteRule(null, because));
}
