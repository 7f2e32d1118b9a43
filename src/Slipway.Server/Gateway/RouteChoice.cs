using System.Globalization;
using Slipway.Server.History;
using Slipway.Server.Routing;

namespace Slipway.Server.Gateway;

/// <summary>What a row of a routing table comes to in one route table: who answers, who does when that fails, and how each is recorded. Made once per table.</summary>
internal sealed class RouteChoice
{
    /// <param name="row">Null: the default row, or no table at all.</param>
    public RouteChoice(RouterRow? row, bool isRouted, VariantTarget variant, VariantTarget? fallback)
    {
        (Row, Variant, Fallback) = (row, variant, fallback);
        int? number = isRouted ? row?.Number ?? 0 : null;
        Label = isRouted ? variant.Label with { Row = number } : variant.Label;
        FallbackLabel = fallback is null ? null : fallback.Label with { Row = number, RoutedTo = variant.Route.Name };
        Header = !isRouted ? null : row is null ? "default_matched; row=0" : string.Create(CultureInfo.InvariantCulture, $"matched; row={row.Number}");
    }

    public RouterRow? Row { get; }

    public VariantTarget Variant { get; }

    public VariantTarget? Fallback { get; }

    public RouteLabel Label { get; }

    /// <summary>Null without a fallback.</summary>
    public RouteLabel? FallbackLabel { get; }

    /// <summary>What the answer's header says of it; null where there is no table.</summary>
    public string? Header { get; }
}
