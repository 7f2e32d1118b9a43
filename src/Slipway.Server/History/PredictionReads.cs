using Slipway.Contracts;
using Slipway.Server.History.Store;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.History;

/// <summary>Pages of predictions, and one with its bodies.</summary>
internal sealed class PredictionReads(IPredictionStore store)
{
    /// <returns>A page without bodies, newest first; or <c>invalid_field</c>.</returns>
    public async Task<Result<Page<PredictionInfo>>> ListAsync(PredictionQuery query, int? limit, string? pageToken, CancellationToken cancellationToken)
    {
        var filter = query.ToFilter(store);
        var before = PredictionQuery.BeforeOf(pageToken);
        if ((filter.Refusal ?? before.Refusal) is { } refusal)
        {
            return refusal;
        }

        if (limit is < 1 or > 1000)
        {
            return Refusal.Field("limit", "A page holds 1 to 1,000 predictions.");
        }

        var size = limit ?? 50;
        var found = await store.ListAsync(filter.Value, before.Value, size + 1, withBodies: false, cancellationToken);
        var items = found.Take(size).Select(p => p.ToInfo()).ToList();
        return new Page<PredictionInfo>(items, found.Count > size ? PredictionQuery.TokenOf(found[size - 1].Id) : null);
    }

    /// <returns>The prediction, with bodies where the caller may read them; or <c>prediction_not_found</c>.</returns>
    public async Task<Result<PredictionDetail>> FindAsync(string id, Actor by, CancellationToken cancellationToken) =>
        Guid.TryParse(id, out var parsed) && await store.FindAsync(parsed, cancellationToken) is { } found
            ? found.ToDetail(MayReadBodies(by, found.Route))
            : Refusal.NotFound("prediction_not_found", "There is no such prediction; history may have dropped it.");

    /// <summary>Managers and administrators read what every deployment recorded, analysts what their own did.</summary>
    public static bool MayReadBodies(Actor by, RouteLabel route) => by.Role switch
    {
        Role.Manager or Role.Administrator => true,
        Role.Analyst => by.UserId == route.OwnerId,
        _ => false,
    };
}
