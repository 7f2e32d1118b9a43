using System.Globalization;
using Slipway.Server.History.Store;
using Slipway.Server.Platform;

namespace Slipway.Server.History;

/// <summary>The filters of the prediction routes, as they come in the address.</summary>
/// <param name="Deployment">Name; the deployment that last recorded anything under it, in each environment that is asked for.</param>
/// <param name="DeploymentId">Finds an earlier deployment of a name that was given again.</param>
/// <param name="Status">2xx, 3xx, 4xx, 5xx, one status, or aborted.</param>
/// <param name="Version">Number of the model's version.</param>
/// <param name="Routing">matched or default_matched.</param>
/// <param name="Fallback">Whether a fallback answered.</param>
internal sealed record PredictionQuery(
    string? Environment, string? Deployment, Guid? DeploymentId, DateTimeOffset? From, DateTimeOffset? To, string? Status, int? Version, string? Origin,
    string? Variant = null, string? Routing = null, bool? Fallback = null)
{
    /// <returns>The filter, or <c>invalid_field</c>.</returns>
    public Result<PredictionFilter> ToFilter(IPredictionStore store)
    {
        (short Least, short Most)? status = null;
        if (Status is not null)
        {
            status = StatusOf(Status);
            if (status is null)
            {
                return Refusal.Field("status", $"'{Status}' is no status; give 2xx, 3xx, 4xx, 5xx, one number such as 404, or aborted.");
            }
        }

        Origin? origin = null;
        if (Origin is not null)
        {
            origin = Enum.GetValues<Origin>().Cast<Origin?>().FirstOrDefault(o => StoredPrediction.Word(o!.Value) == Origin);
            if (origin is null)
            {
                return Refusal.Field("origin", $"'{Origin}' is no origin; give live, ui, sdk, simulator, shadow or rehearsal.");
            }
        }

        if (Routing is not (null or "matched" or "default_matched"))
        {
            return Refusal.Field("routing", $"'{Routing}' is no outcome of routing; give matched or default_matched.");
        }

        if (From > To)
        {
            return Refusal.Field("from", "The range ends before it begins; swap from and to.");
        }

        return new PredictionFilter(Environment, DeploymentsIn(store.Routes), From, To, status, Version, origin, Variant, Routing is null ? null : Routing == "matched", Fallback);
    }

    private HashSet<Guid>? DeploymentsIn(IReadOnlyList<RouteLabel> routes)
    {
        if (DeploymentId is { } id)
        {
            return [id];
        }

        return Deployment is null
            ? null
            : routes.Where(r => r.Deployment == Deployment && (Environment is null || r.Environment == Environment))
                .GroupBy(r => r.Environment).Select(named => named.Last().DeploymentId).ToHashSet();
    }

    private static (short, short)? StatusOf(string text) => text switch
    {
        "aborted" => (0, 0),
        [>= '1' and <= '5' and var c, 'x', 'x'] => ((short)((c - '0') * 100), (short)(((c - '0') * 100) + 99)),
        { Length: 3 } when short.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var exact) && exact >= 100 => (exact, exact),
        _ => null,
    };
}
