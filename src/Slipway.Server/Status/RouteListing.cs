using Slipway.Contracts;
using Slipway.Server.Identity;

namespace Slipway.Server.Status;

/// <summary>The machine-readable route table: every registered route with the rule that guards it.</summary>
internal static class RouteListing
{
    public static Page<RouteInfo> Of(EndpointDataSource endpoints) => new(
        [.. endpoints.Endpoints.OfType<RouteEndpoint>().SelectMany(Describe).OrderBy(r => r.Path, StringComparer.Ordinal).ThenBy(r => r.Method, StringComparer.Ordinal)], null);

    private static IEnumerable<RouteInfo> Describe(RouteEndpoint endpoint)
    {
        var rule = endpoint.Metadata.GetMetadata<RouteRule>();
        var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"];
        return methods.Select(method => new RouteInfo(method, "/" + endpoint.RoutePattern.RawText?.TrimStart('/'), rule?.OrRight is { } or ? $"{rule.Right?.WireName()} or {or.WireName()}" : rule?.Right?.WireName(), rule?.OpenBecause));
    }
}
