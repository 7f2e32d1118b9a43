using Slipway.Contracts;
using Slipway.Server.History.Store;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.History;

/// <summary>Pages of predictions, and one with its bodies.</summary>
internal sealed class PredictionReads(IPredictionStore store)
{
    /// <returns>A page without bodies, newest first; or <c>invalid_field</c> or <c>page_token_invalid</c>.</returns>
    public async Task<Result<Page<PredictionInfo>>> ListAsync(PredictionQuery query, PageQuery page, CancellationToken cancellationToken)
    {
        var filter = query.ToFilter(store);
        if (filter.Refusal is { } refusal)
        {
            return refusal;
        }

        var before = Guid.Empty;
        if (page.After is not null && !Guid.TryParseExact(page.After, "N", out before))
        {
            return PageQuery.TokenInvalid;
        }

        var found = await store.ListAsync(filter.Value, page.After is null ? null : before, page.Limit + 1, withBodies: false, cancellationToken);
        return page.Of(found, p => p.Id.ToString("N"), p => p.ToInfo());
    }

    /// <returns>The prediction, with bodies where the caller may read them; or <c>prediction_not_found</c>.</returns>
    public async Task<Result<PredictionDetail>> FindAsync(string id, Actor by, CancellationToken cancellationToken) =>
        Guid.TryParse(id, out var parsed) && await store.FindAsync(parsed, cancellationToken) is { } found
            ? found.ToDetail(MayReadBodies(by, found.Route))
            : Refusal.NotFound("prediction_not_found", "There is no such prediction; history may have dropped it.");

    /// <summary>Managers and administrators read what every deployment recorded, analysts what their own did; a key only within its scopes.</summary>
    public static bool MayReadBodies(Actor by, RouteLabel route) => Authorize.OwnOr(by, Right.ReadBodies, route.OwnerId) is null;
}
