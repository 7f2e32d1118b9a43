using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>
/// The desired state of processes, and what is there. Deployments says how many replicas of which set it wants; this folder's loop makes it so and
/// publishes a <see cref="ReplicaSnapshot"/> after each change (change kind <c>replica</c>).
/// </summary>
internal sealed class ReplicaSets(Database database, Writes writes, Isolation isolation, ReplicaWake wake, TimeProvider time)
{
    private ReplicaSnapshot current = ReplicaSnapshot.Empty;

    /// <summary>What is there now. One read, no lock.</summary>
    public ReplicaSnapshot Current => Volatile.Read(ref current);

    /// <summary>Stores that a set should have <paramref name="desired"/> replicas; the loop follows. The same call again changes nothing.</summary>
    public async Task ApplyAsync(ReplicaSetSpec spec, int desired, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(desired);
        var json = JsonSerializer.Serialize(spec, ReplicasJson.Default.ReplicaSetSpec);
        await using (var read = database.Read())
        {
            // What a set runs is in its hash, so the number and the versions of its secrets are all that can have changed.
            if (await read.Set<ReplicaSetRow>().AnyAsync(
                s => s.DeploymentId == spec.DeploymentId && s.Hash == spec.Hash && s.Desired == desired && s.SecretsDigest == spec.SecretsDigest && !s.Removing, cancellationToken))
            {
                return;
            }
        }

        await writes.RunAsync(
            async (db, token) =>
            {
                var rows = db.Set<ReplicaSetRow>();
                var row = await rows.SingleOrDefaultAsync(s => s.DeploymentId == spec.DeploymentId && s.Hash == spec.Hash, token);
                if (row is null)
                {
                    var users = await rows.Select(s => new { s.DeploymentId, s.UserId }).Distinct().ToListAsync(token);
                    row = new ReplicaSetRow
                    {
                        Id = Guid.CreateVersion7(time.GetUtcNow()), DeploymentId = spec.DeploymentId, Hash = spec.Hash, Spec = json, CreatedAt = time.GetUtcNow(),
                        SecretsDigest = spec.SecretsDigest,
                        UserId = users.FirstOrDefault(u => u.DeploymentId == spec.DeploymentId)?.UserId
                            ?? isolation.Choose(spec.DeploymentId, users.Select(u => u.UserId).ToHashSet()),
                    };
                    db.Add(row);
                }

                if (row.SecretsDigest != spec.SecretsDigest)
                {
                    (row.SecretsDigest, row.ReplaceBefore) = (spec.SecretsDigest, time.GetUtcNow());
                }

                (row.Spec, row.Desired, row.Removing) = (json, desired, false);
                return Result.Done;
            },
            cancellationToken);
        wake.Set();
    }

    /// <summary>Stores that a set should go: drained, ended, and forgotten once its last replica has ended.</summary>
    public Task RemoveAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => ChangeAsync(
        deploymentId, hash, (_, set, _) =>
        {
            (set.Desired, set.Removing) = (0, true);
            return Task.CompletedTask;
        },
        cancellationToken);

    /// <summary>Replaces the replicas of a set one by one: a new one is ready before an old one drains.</summary>
    public Task RestartAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => ChangeAsync(
        deploymentId, hash, (_, set, _) =>
        {
            set.ReplaceBefore = time.GetUtcNow();
            return Task.CompletedTask;
        },
        cancellationToken);

    /// <summary>Forgets back-off and failure counts, so that a failed set tries again at once.</summary>
    public Task RetryAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => ChangeAsync(
        deploymentId, hash, async (db, set, token) =>
        {
            set.ConsecutiveFailures = 0;
            foreach (var replica in await db.Set<ReplicaRow>().Where(r => r.SetId == set.Id && r.State == ReplicaState.BackingOff).ToListAsync(token))
            {
                (replica.Failures, replica.RetryAt) = (0, time.GetUtcNow());
            }
        },
        cancellationToken);

    /// <summary>Replicas of the set that start from now on run the package of another folder. Those that run are not touched: see <see cref="ReloadReplica"/>.</summary>
    /// <param name="model">As <see cref="Runtimes.RuntimeLaunch.Model"/>.</param>
    public Task RepackageAsync(Guid deploymentId, string hash, string packageFolder, JsonElement model, CancellationToken cancellationToken) => ChangeAsync(
        deploymentId, hash, (_, set, _) =>
        {
            var spec = JsonSerializer.Deserialize(set.Spec, ReplicasJson.Default.ReplicaSetSpec)!;
            set.Spec = JsonSerializer.Serialize(spec with { Launch = spec.Launch with { PackageFolder = packageFolder, Model = model } }, ReplicasJson.Default.ReplicaSetSpec);
            return Task.CompletedTask;
        },
        cancellationToken);

    /// <summary>For this folder's loop alone.</summary>
    internal void Publish(ReplicaSnapshot snapshot) => Volatile.Write(ref current, snapshot);

    private async Task ChangeAsync(
        Guid deploymentId, string hash, Func<SlipwayDbContext, ReplicaSetRow, CancellationToken, Task> change, CancellationToken cancellationToken)
    {
        await writes.RunAsync(
            async (db, token) =>
            {
                if (await db.Set<ReplicaSetRow>().SingleOrDefaultAsync(s => s.DeploymentId == deploymentId && s.Hash == hash, token) is { } set)
                {
                    await change(db, set, token);
                }

                return Result.Done;
            },
            cancellationToken);
        wake.Set();
    }
}
