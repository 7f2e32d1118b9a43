using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Deployments.Secrets;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>
/// Makes replica sets equal to the plan and keeps the ledger of statuses. Works from the stored state alone, so that it goes on after a restart at any line:
/// sets that no plan names are removed once traffic has left them, whoever made them.
/// </summary>
internal sealed partial class Reconciler(
    DesiredState state, Database database, IReplicaSets sets, RevisionBuilds builds, DraftLaunch drafts, RoutedSets routed, DeploymentHealth health, Writes writes, Changes changes, IEventOutbox outbox,
    IOptions<DeploymentOptions> options, TimeProvider time, ILogger<Reconciler> logger) : HostedLoop
{
    /// <summary>Pace while sets wait for traffic to leave them, or for a build that is made again: nothing says when that is done.</summary>
    private static readonly TimeSpan WaitingPace = TimeSpan.FromSeconds(1);

    private bool waits;

    /// <summary>One pass; the loop repeats it at a pace and on every change.</summary>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        waits = false;
        var desired = await state.ReadAsync(cancellationToken);
        health.Read([.. desired.Select(d => d.Deployment)]);
        var secrets = await SecretsAsync(cancellationToken);
        var planned = new HashSet<(Guid, string)>();
        foreach (var deployment in desired)
        {
            var plan = ReplicaPlan.Of(deployment);
            planned.UnionWith(plan.Keys.Select(hash => (deployment.Id, hash)));
            await GuardedAsync(deployment.Deployment.Path, () => ApplyAsync(deployment, plan, secrets, cancellationToken));
        }

        await GuardedAsync("all deployments", () => RemoveAsync(planned, cancellationToken));
        await GuardedAsync("all deployments", () => RecordStatusesAsync(desired, cancellationToken));
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe(c => c.Kind is "deployment" or "rollout" or "replica" or "secret");
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await GuardedAsync("all deployments", () => PassAsync(stoppingToken));
                var pace = waits && WaitingPace < options.Value.Pace ? WaitingPace : options.Value.Pace;
                await subscription.WaitAsync(pace, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task<SecretVersions> SecretsAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await SecretVersions.ReadAsync(db, cancellationToken);
    }

    private async Task ApplyAsync(DesiredDeployment desired, ImmutableDictionary<string, PlannedSet> plan, SecretVersions secrets, CancellationToken cancellationToken)
    {
        var deployment = desired.Deployment;
        foreach (var (hash, planned) in plan)
        {
            var variant = planned.Variant;
            IReadOnlyList<string> names = variant.Runtime == BaseImages.Onnx ? [] : desired.RevisionOf(variant).Secrets;   // an ONNX model has no code that could read one
            var digest = secrets.DigestOf(deployment.EnvironmentId, names);
            if (sets.Current.Find(deployment.Id, hash) is { } there && there.Desired == planned.Replicas && there.SecretsDigest == digest)
            {
                continue;
            }

            if (await builds.LaunchAsync(variant, cancellationToken) is not { } launch)
            {
                waits = true;
                LogNotBuilt(deployment.Path, hash);
                continue;
            }

            launch = await drafts.OfAsync(launch, desired.Draft, desired.RevisionOf(variant).Id, cancellationToken);
            var spec = new ReplicaSetSpec(
                deployment.Id, hash, deployment.Path, deployment.Environment.Name, launch, variant.CpuCores, variant.MemoryMib,
                LaunchVariables.Of(launch, desired.RevisionOf(variant)), variant.Placement == Placement.Gateway)
            {
                GpuCount = variant.Extra.GpuCount, GpuType = variant.Extra.GpuType, StorageGb = variant.Extra.StorageGb, NetworkMbps = variant.Extra.NetworkMbps,
                Secrets = names, SecretsDigest = digest,
            };
            await sets.ApplyAsync(spec, planned.Replicas, cancellationToken);
        }
    }

    private async Task RemoveAsync(HashSet<(Guid DeploymentId, string Hash)> planned, CancellationToken cancellationToken)
    {
        var snapshot = sets.Current;
        routed.Keep(snapshot.Sets.Keys);
        foreach (var (key, set) in snapshot.Sets)
        {
            if (planned.Contains(key) || set.IsRemoving)
            {
                continue;
            }

            if (routed.TrafficHasLeft(key.DeploymentId, key.Hash))
            {
                await sets.RemoveAsync(key.DeploymentId, key.Hash, cancellationToken);
            }
            else
            {
                waits = true;
            }
        }
    }

    private async Task RecordStatusesAsync(ImmutableArray<DesiredDeployment> desired, CancellationToken cancellationToken)
    {
        var snapshot = sets.Current;
        var changed = desired.Select(d => (d.Deployment, Standing: DeploymentInfos.StandingOf(d, snapshot))).Where(c => c.Deployment.Status != c.Standing.Word).ToList();
        if (changed.Count == 0)
        {
            return;
        }

        await writes.RunAsync(
            async (db, token) =>
            {
                var now = time.GetUtcNow();
                foreach (var (seen, standing) in changed)
                {
                    if (await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == seen.Id, token) is { } deployment)
                    {
                        outbox.StateChanged(db, deployment, deployment.Status?.ToWire(), standing.Word.ToWire(), standing.Reason);
                        deployment.Status = standing.Word;
                        deployment.StatusAt = now;
                        db.Set<StatusChange>().Add(new StatusChange
                        {
                            Id = Guid.CreateVersion7(now), DeploymentId = deployment.Id, Status = standing.Word, Reason = standing.Reason, At = now,
                        });
                        db.Changed("deployment", deployment.Resource);
                    }
                }

                return Result.Done;
            },
            cancellationToken);
        foreach (var (deployment, standing) in changed)
        {
            LogStatus(deployment.Path, standing.Word.ToWire(), standing.Reason);
        }
    }

    private async Task GuardedAsync(string what, Func<Task> effect)
    {
        try
        {
            await effect();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogPassFailed(exception, what);
        }
    }

    [LoggerMessage(LogLevel.Error, "Reconciling of {What} failed; next try at the next tick")]
    private partial void LogPassFailed(Exception exception, string what);

    [LoggerMessage(LogLevel.Information, "Deployment {Deployment} is now {Status} (reason: {Reason})")]
    private partial void LogStatus(string deployment, string status, string? reason);

    [LoggerMessage(LogLevel.Warning, "Replica set {Set} of {Deployment} waits for its build, which is being made again")]
    private partial void LogNotBuilt(string deployment, string set);
}
