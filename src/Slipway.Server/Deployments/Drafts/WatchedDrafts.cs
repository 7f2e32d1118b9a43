using System.Collections.Concurrent;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Which drafts somebody watches. Kept in memory: a watcher says so again every few seconds.</summary>
internal sealed class WatchedDrafts(TimeProvider time)
{
    /// <summary>How long one word of a watcher counts.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> until = new();

    public void Watch(Guid deployment) => until[deployment] = time.GetUtcNow() + Lasts;

    public bool IsWatched(Guid deployment) => until.TryGetValue(deployment, out var last) && last > time.GetUtcNow();
}
