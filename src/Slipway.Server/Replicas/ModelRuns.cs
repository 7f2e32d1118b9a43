using System.Collections.Concurrent;

namespace Slipway.Server.Replicas;

/// <summary>Runs of the model by replica set since this server started, as replicas tell them with each pong. Written by the loop, read by whoever shows statistics.</summary>
internal sealed class ModelRuns
{
    private readonly ConcurrentDictionary<(Guid Deployment, string Hash), long> runs = new();
    private readonly Dictionary<(Guid Replica, string Token), ulong> told = [];

    public long Of(Guid deployment, string hash) => runs.GetValueOrDefault((deployment, hash));

    /// <summary>A replica has said how many runs it has seen since it started.</summary>
    /// <param name="token">Of this start of it: another start counts anew.</param>
    /// <param name="isAdopted">It had been running before this server was there: what it did then is not counted.</param>
    public void Told(Guid deployment, string hash, Guid replica, string token, ulong calls, bool isAdopted)
    {
        if (!told.TryGetValue((replica, token), out var before))
        {
            before = isAdopted ? calls : 0;
        }

        told[(replica, token)] = calls;
        if (calls > before)
        {
            runs.AddOrUpdate((deployment, hash), (long)(calls - before), (_, sum) => sum + (long)(calls - before));
        }
    }

    /// <summary>Forgets the starts that are over.</summary>
    public void Keep(IReadOnlySet<(Guid, string)> starts)
    {
        foreach (var gone in told.Keys.Where(start => !starts.Contains(start)).ToList())
        {
            told.Remove(gone);
        }
    }
}
