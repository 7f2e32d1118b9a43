using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Slipway.Server.Identity;

/// <summary>An API key as the request path knows it.</summary>
/// <param name="Scopes">Empty: no restriction.</param>
/// <param name="ExpiresAt">Null: never. Checked at each use; the directory is not swapped when a key expires.</param>
/// <param name="CanPredict">Whether role and scopes allow predictions.</param>
internal sealed record KeyIdentity(
    Guid KeyId, Guid UserId, string User, Role Role, IReadOnlyList<string> Scopes, string? DefaultEnvironment, DateTimeOffset? ExpiresAt, bool CanPredict)
{
    /// <summary>The first characters, to recognise it.</summary>
    public string? Prefix { get; init; }
}

/// <summary>All keys that are good, in memory: an immutable snapshot, swapped whole by <see cref="IdentitySnapshots"/>. Asking it touches no database.</summary>
internal sealed class KeyDirectory
{
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> used = new();
    private readonly Lock gate = new();
    private readonly List<(long Version, TaskCompletionSource Reached)> waiting = [];
    private FrozenDictionary<string, KeyIdentity> current = FrozenDictionary<string, KeyIdentity>.Empty;
    private long version;
    private long? reached;

    /// <summary>By lower-case hex SHA-256 of the key's text, see <see cref="Secret.Hash"/>. Revoked keys and those of disabled users are not in it.</summary>
    public FrozenDictionary<string, KeyIdentity> Current => Volatile.Read(ref current);

    /// <summary>Raised after a swap, on the thread that swapped. Handlers return at once.</summary>
    public event Action? Swapped;

    /// <summary>Notes that a key was used. Cheap; kept as one time per key and written in batches.</summary>
    public void Used(Guid keyId, DateTimeOffset at)
    {
        if (!used.TryGetValue(keyId, out var last) || at - last > TimeSpan.FromSeconds(1))
        {
            used[keyId] = at;
        }
    }

    /// <summary>A use that is not written yet.</summary>
    public DateTimeOffset? LastUse(Guid keyId) => used.TryGetValue(keyId, out var at) ? at : null;

    /// <summary>Takes what is to be written; a use that comes meanwhile is kept for the next time.</summary>
    public IReadOnlyList<KeyValuePair<Guid, DateTimeOffset>> TakeUses() => [.. used.Where(use => used.TryRemove(use))];

    public void Swap(FrozenDictionary<string, KeyIdentity> next)
    {
        Volatile.Write(ref current, next);
        Interlocked.Increment(ref version);
        Swapped?.Invoke();
    }

    /// <summary>Rises with each swap. Read before <see cref="Current"/>, it is not above what that is.</summary>
    public long Version => Volatile.Read(ref version);

    /// <summary>The gateway goes by the keys of a version or later ones. Null: nobody makes tables for it (any more).</summary>
    public void Reach(long? upTo)
    {
        lock (gate)
        {
            reached = upTo;
            foreach (var (_, done) in waiting.Where(w => upTo is null || w.Version <= upTo))
            {
                done.TrySetResult();
            }

            waiting.RemoveAll(w => upTo is null || w.Version <= upTo);
        }
    }

    /// <summary>Ends when predictions go by the keys as they are now; at once where nobody makes tables of them.</summary>
    public Task ReachedAsync()
    {
        lock (gate)
        {
            var now = Version;
            if (reached is not { } upTo || now <= upTo)
            {
                return Task.CompletedTask;
            }

            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((now, done));
            return done.Task;
        }
    }
}
