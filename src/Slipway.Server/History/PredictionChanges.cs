using Slipway.Server.History.Store;
using Slipway.Server.Platform;

namespace Slipway.Server.History;

/// <summary>Publishes that a deployment has new predictions, at most once a second for each, the last one included. One thread at a time.</summary>
internal sealed class PredictionChanges(Changes changes, TimeProvider time)
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private readonly Dictionary<(string Environment, string Deployment), (DateTimeOffset Told, bool IsDue)> deployments = [];

    public void Note(IReadOnlyList<PredictionOutcome> stored)
    {
        RouteLabel? noted = null;
        foreach (var outcome in stored)
        {
            if (ReferenceEquals(outcome.Route, noted))
            {
                continue;
            }

            noted = outcome.Route;
            var key = (outcome.Route.Environment, outcome.Route.Deployment);
            ref var state = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(deployments, key, out _);
            state.IsDue = true;
        }
    }

    public void Flush()
    {
        var now = time.GetUtcNow();
        foreach (var (key, state) in deployments)
        {
            if (state.IsDue && now - state.Told >= Pace)
            {
                changes.Publish("prediction", $"deployments/{key.Environment}/{key.Deployment}");
                deployments[key] = (now, false);   // an existing key: allowed while enumerating
            }
        }
    }
}
