using System.Collections.Immutable;
using Slipway.Server.Deployments;
using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Deployments;

/// <summary>Builders of deployments, revisions and replicas for tests of pure functions.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static DeploymentEnvironment Environment(string name) => new()
    {
        Id = Guid.NewGuid(), Name = name, Order = name switch { "development" => 0, "staging" => 1, _ => 2 }, Protected = name == "production",
    };

    public static Deployment Deployment(string name = "iris", string environment = "development", int min = 1, int max = 1, int? scaledTo = null, string owner = "ada") => new()
    {
        Id = Guid.NewGuid(), Environment = Environment(environment), Name = name, Owner = owner, MinReplicas = min, MaxReplicas = max, ScaledTo = scaledTo,
        Timeout = TimeSpan.FromSeconds(60),
    };

    public static Revision Revision(int number, params string[] sets) => new()
    {
        Id = Guid.NewGuid(), Number = number, Name = $"deployment-{number}", ContentHash = $"{number}", CreatedBy = "ada",
        Variants =
        [
            .. sets.Select((set, i) => new Variant
            {
                Id = Guid.NewGuid(), Name = i == 0 ? "default" : $"v{i}", IsDefault = i == 0, Model = "iris", ModelVersion = number, BaseImage = "python", Runtime = "python",
                CpuCores = 1, MemoryMib = 256, BuildId = Guid.NewGuid(), ReplicaSetHash = set,
            }),
        ],
    };

    public static RolloutTraffic Rollout(Revision? from, Revision to, int weight = 0, int? fromShare = null, int toShare = 0) =>
        new(Guid.NewGuid(), Guid.Empty, from?.Id, to.Id, UnderWay: true, Building: false, weight, fromShare, toShare, null);

    public static RolloutTraffic Failed(this RolloutTraffic rollout, string code) =>
        rollout with { UnderWay = false, Error = new RolloutError(code, "It did not work.") };

    public static ReplicaSetStatus Set(Guid deployment, string hash, int ready = 0, int loading = 0, int draining = 0, int failures = 0, ReplicaExit? exit = null, int? desired = null) =>
        new(deployment, hash, desired ?? ready + loading, failures, exit,
        [
            .. Replicas(deployment, hash, ReplicaState.Ready, ready), .. Replicas(deployment, hash, ReplicaState.Loading, loading),
            .. Replicas(deployment, hash, ReplicaState.Draining, draining),
        ]);

    public static ReplicaSnapshot Snapshot(params ReplicaSetStatus[] sets) => new(sets.ToImmutableDictionary(s => (s.DeploymentId, s.Hash)));

    public static ReplicaExit Exit(string reason) => new(reason, $"It ended: {reason}.", 1, null, Now);

    private static IEnumerable<ReplicaStatus> Replicas(Guid deployment, string hash, ReplicaState state, int count) => Enumerable.Range(0, count).Select(_ =>
        new ReplicaStatus(
            Guid.NewGuid(), deployment, hash, state, "/run/socket", "token", 1, 1, Now, Now, 0, 2, true, 32, null, null, "log", ImmutableDictionary<string, string>.Empty));
}
