using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;
using Slipway.Serving;

namespace Slipway.Server.Tests.Deployments;

/// <summary>
/// Replica sets that behave: a replica that is asked for becomes ready at once, one too many drains away, and what <see cref="Hold"/> or <see cref="Break"/>
/// name does not start or does not load. Outlives a host, as real replicas do.
/// </summary>
internal sealed class FakeReplicaSets : IReplicaSets
{
    private readonly Lock gate = new();
    private readonly HashSet<string> held = [];
    private readonly Dictionary<string, string> broken = [];
    private readonly Dictionary<string, string> details = [];
    private ReplicaSnapshot current = ReplicaSnapshot.Empty;

    /// <summary>Set by the host that uses the sets now.</summary>
    public Changes? Changes { get; set; }

    public ReplicaSnapshot Current => Volatile.Read(ref current);

    /// <summary>Variables that the processes of each version were last given, by digest.</summary>
    public ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Variables { get; } = new();

    /// <summary>Every count that was asked for, as <c>hash:count</c>; gone is -1.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public ConcurrentQueue<string> Restarted { get; } = new();

    /// <summary>New replicas of versions with this digest stay loading until <see cref="Release"/>.</summary>
    public void Hold(string digest) => Change(() => held.Add(digest));

    public void Release(string digest) => Change(() =>
    {
        held.Remove(digest);
        foreach (var set in Current.Sets.Values.Where(s => digests[s.Hash] == digest))
        {
            Put(set with { Replicas = [.. set.Replicas.Select(r => r with { State = ReplicaState.Ready })] });
        }
    });

    /// <summary>New replicas of versions with this digest end with this exit reason.</summary>
    public void Break(string digest, string reason, string? detail = null) => Change(() => (broken[digest], details[digest]) = (reason, detail ?? $"ValueError in {digest}"));

    /// <summary>One replica that was ready ends with this exit reason and starts again: it never becomes ready unless released.</summary>
    public void Kill(string digest, string reason) => Change(() =>
    {
        held.Add(digest);
        foreach (var set in Current.Sets.Values.Where(s => digests[s.Hash] == digest))
        {
            var exit = new ReplicaExit(reason, $"It ended: {reason} in {digest}.", 1, null, DateTimeOffset.UtcNow, WasReady: true);
            Put(set with { LastExit = exit, Replicas = set.Replicas.SetItem(0, set.Replicas[0] with { State = ReplicaState.BackingOff, LastExit = exit, ReadyAt = null }) });
        }
    });

    public void Mend(string digest) => Change(() => broken.Remove(digest));

    private readonly Dictionary<string, string> digests = [];

    /// <summary>Replicas that are asked for of the version with this digest.</summary>
    public int DesiredOf(string digest)
    {
        lock (gate)
        {
            return Current.Sets.Values.Where(s => digests[s.Hash] == digest).Sum(s => s.Desired);
        }
    }

    public Task ApplyAsync(ReplicaSetSpec spec, int desired, CancellationToken cancellationToken)
    {
        Asked.Enqueue($"{spec.Launch.Digest}:{desired}");
        Variables[spec.Launch.Digest] = spec.Variables;
        Change(() =>
        {
            var digest = digests[spec.Hash] = spec.Launch.Digest;
            var set = Current.Find(spec.DeploymentId, spec.Hash) ?? new ReplicaSetStatus(spec.DeploymentId, spec.Hash, 0, 0, null, []);
            if (broken.TryGetValue(digest, out var reason))
            {
                Put(set with { Desired = desired, ConsecutiveFailures = set.ConsecutiveFailures + 1, SecretsDigest = spec.SecretsDigest, LastExit = new ReplicaExit(reason, details[digest], 1, null, DateTimeOffset.UtcNow) });
                return;
            }

            var state = held.Contains(digest) ? ReplicaState.Loading : ReplicaState.Ready;
            Put(set with
            {
                Desired = desired, ConsecutiveFailures = 0, SecretsDigest = spec.SecretsDigest,
                Replicas = [.. set.Replicas.Take(desired), .. Enumerable.Range(0, Math.Max(0, desired - set.Replicas.Length)).Select(_ => Replica(spec, state))],
            });
        });
        return Task.CompletedTask;
    }

    public Task RemoveAsync(Guid deploymentId, string hash, CancellationToken cancellationToken)
    {
        Asked.Enqueue($"{digests[hash]}:-1");
        Change(() => Volatile.Write(ref current, new ReplicaSnapshot(Current.Sets.Remove((deploymentId, hash)))));
        return Task.CompletedTask;
    }

    public Task RestartAsync(Guid deploymentId, string hash, CancellationToken cancellationToken)
    {
        Restarted.Enqueue(digests[hash]);
        return Task.CompletedTask;
    }

    public Task RetryAsync(Guid deploymentId, string hash, CancellationToken cancellationToken)
    {
        Change(() =>
        {
            if (Current.Find(deploymentId, hash) is { } set)
            {
                Put(set with { ConsecutiveFailures = 0 });
            }
        });
        return Task.CompletedTask;
    }

    /// <summary>Folders that sets were told to start with, as <c>hash:folder</c>.</summary>
    public ConcurrentQueue<string> Repackaged { get; } = new();

    /// <summary>What a replica answers to a reload.</summary>
    public Func<ReplicaReload, ReplicaReloaded?> Reloading { get; set; } = _ => new ReplicaReloaded(ReplicaReloaded.Applied, Ms: 1);

    public Task RepackageAsync(Guid deploymentId, string hash, string packageFolder, JsonElement model, CancellationToken cancellationToken)
    {
        Repackaged.Enqueue($"{hash}:{packageFolder}");
        return Task.CompletedTask;
    }

    public Task<ReplicaReloaded?> ReloadAsync(Guid replica, ReplicaReload what, TimeSpan limit, CancellationToken cancellationToken) => Task.FromResult(Reloading(what));

    private static ReplicaStatus Replica(ReplicaSetSpec spec, ReplicaState state) => new(
        Guid.NewGuid(), spec.DeploymentId, spec.Hash, state, "/nowhere/socket", "token", null, null, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, 0, 1, false, 1, null, null,
        "replica.log", ImmutableDictionary<string, string>.Empty);

    private void Put(ReplicaSetStatus set) => Volatile.Write(ref current, new ReplicaSnapshot(Current.Sets.SetItem((set.DeploymentId, set.Hash), set)));

    private void Change(Action change)
    {
        lock (gate)
        {
            change();
        }

        Changes?.Publish("replica", "replicas");
    }
}

/// <summary>Versions 1 to 99 of a model <c>iris</c>, built at once unless held or broken. Digests are <c>iris-1</c>, <c>iris-2</c>, … The package of version 50 asks for
/// a quarter of a core and 300 MiB, that of version 51 for more than there is. The model <c>rose</c> has the same versions.</summary>
internal sealed class FakeVersions : IRunnableVersions
{
    private readonly ConcurrentDictionary<Guid, string> digests = new();
    private readonly ConcurrentDictionary<Guid, int> builds = new();

    public ConcurrentDictionary<string, string> BuildErrors { get; } = new();

    public ConcurrentDictionary<string, bool> Building { get; } = new();

    /// <summary>Digests whose build was asked to be tried again.</summary>
    public ConcurrentQueue<string> TriedAgain { get; } = new();

    public static Guid IdOf(int version) => new(version, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);

    public Task<Result<RunnableVersion>> FindAsync(string model, string version, CancellationToken cancellationToken)
    {
        Result<RunnableVersion> found = model is not ("iris" or "rose") ? Refusal.NotFound("model_not_found", $"There is no model {model}.")
            : !int.TryParse(version.TrimStart('v'), out var number) || number is < 1 or > 99 ? Refusal.NotFound("version_not_found", $"There is no version {version}.")
            : number == 99 ? DeploymentRefusals.NotRunnable(model, number, "model.py has no class Model.")
            : number switch
            {
                50 => new RunnableVersion(IdOf(number), model, number, null, "python", 0.25, 300),
                51 => new RunnableVersion(IdOf(number), model, number, null, "python", 1000, 1 << 23),
                _ => new RunnableVersion(IdOf(number), model, number, null, "python"),
            };
        return Task.FromResult(found);
    }

    /// <summary>Versions that are deleted right after they were found.</summary>
    public ConcurrentDictionary<int, bool> Deleted { get; } = new();

    /// <summary>Stages of versions; None where nothing is said.</summary>
    public ConcurrentDictionary<int, Stage> Stages { get; } = new();

    public Task<Stage?> StageOfAsync(SlipwayDbContext unit, Guid version, CancellationToken cancellationToken) => Task.FromResult<Stage?>(
        Deleted.Keys.Any(number => IdOf(number) == version) ? null : Stages.FirstOrDefault(s => IdOf(s.Key) == version).Value);

    public Task<Result<string>> ChooseBaseImageAsync(Guid version, string? wanted, CancellationToken cancellationToken) => Task.FromResult<Result<string>>(
        wanted is null or "python" or "python-system" ? wanted ?? "python" : Refusal.BadRequest("unknown_base_image", $"There is no base image {wanted}."));

    public Task<int> NextBuildAsync(SlipwayDbContext unit, Guid version, string baseImage, CancellationToken cancellationToken) => Task.FromResult(builds.GetValueOrDefault(version) + 1);

    public Task<VariantBuild> EnsureBuildAsync(Guid version, string baseImage, int number, bool again, CancellationToken cancellationToken)
    {
        var id = new Guid([.. version.ToByteArray()[..15], (byte)number]);
        builds.AddOrUpdate(version, number, (_, most) => Math.Max(most, number));
        var digest = digests.GetOrAdd(version, v => $"iris-{BitConverter.ToInt32(v.ToByteArray(), 0)}") + (number == 1 ? "" : $"-build-{number}");
        if (again)
        {
            TriedAgain.Enqueue(digest);
        }

        var build = Building.ContainsKey(digest) ? new VariantBuild(id, null, null)
            : BuildErrors.TryGetValue(digest, out var error) ? new VariantBuild(id, null, error)
            : new VariantBuild(id, new RuntimeLaunch("python", id, "/nowhere", "/nowhere", [], [], default(JsonElement), true, 1, false, 1, digest), null);
        return Task.FromResult(build);
    }
}
