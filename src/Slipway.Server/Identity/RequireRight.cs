namespace Slipway.Server.Identity;

/// <summary>The rule of a route: the right that its caller needs. A route without one denies everybody.</summary>
/// <param name="Right">Null on an open route.</param>
/// <param name="OpenBecause">Why anybody may call it; null elsewhere.</param>
/// <param name="OrRight">Another right that will do; null: none.</param>
/// <param name="OwnCheck">The handler itself identifies the caller and asks for the right: the gateway, from its route table.</param>
internal sealed record RouteRule(Right? Right, string? OpenBecause, bool OwnCheck = false, Right? OrRight = null);

internal static class RouteRules
{
    /// <summary>The caller needs <paramref name="right"/>. Rules that depend on the thing (own deployment, its environment) are checked by the operation too.</summary>
    public static TBuilder RequireRight<TBuilder>(this TBuilder builder, Right right)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RouteRule(right, null));

    /// <summary>The caller needs one of two rights; a refusal names the first.</summary>
    public static TBuilder RequireEither<TBuilder>(this TBuilder builder, Right right, Right or)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RouteRule(right, null, OrRight: or));

    /// <summary>Anybody may call it; <paramref name="because"/> is shown in the route table.</summary>
    public static TBuilder Open<TBuilder>(this TBuilder builder, string because)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RouteRule(null, because));

    /// <summary>
    /// The handler identifies its caller from the snapshot that it holds and asks for <paramref name="right"/> itself. Only for the request path of the
    /// gateway, which must answer without this process's identity services. The route-walk test holds it to the same answers.
    /// </summary>
    public static TBuilder ChecksRightItself<TBuilder>(this TBuilder builder, Right right)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RouteRule(right, null, OwnCheck: true));
}
