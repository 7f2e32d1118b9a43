using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>How the builds of a revision stand, taken together.</summary>
internal enum BuildProgress
{
    Building,
    Ready,
    Failed,
}

/// <param name="Error">Names the requirement or step that failed.</param>
internal sealed record RevisionBuild(BuildProgress Progress, string? Error = null);

/// <summary>Sees to it that the variants of a revision are built, and keeps what starting them needs.</summary>
internal sealed class RevisionBuilds(IRunnableVersions versions, IScaling scaling, Writes writes)
{
    private readonly ConcurrentDictionary<Guid, RuntimeLaunch> launches = new();

    /// <summary>Starts what is not built yet, and fixes build and replica set of each variant as soon as it is, here and in
    /// <paramref name="revision"/>. Asked again until it is not Building.</summary>
    /// <param name="again">Whether builds that failed are tried again.</param>
    public async Task<RevisionBuild> EnsureAsync(Revision revision, bool again, CancellationToken cancellationToken)
    {
        var building = false;
        var variables = PlainVariables.Read(revision.Variables);
        foreach (var variant in revision.Variants.Where(v => v.ReplicaSetHash is null))
        {
            var build = await versions.EnsureBuildAsync(variant.ModelVersionId, variant.BaseImage, variant.BuildNumber, again, cancellationToken);
            if (build.Error is { } error)
            {
                return new RevisionBuild(BuildProgress.Failed, error);
            }

            if (build.Launch is not { } launch)
            {
                building = true;
                continue;
            }

            launches[build.BuildId] = launch;
            await FixAsync(revision.DeploymentId, variant.Id, build.BuildId, launch, variables, revision.Secrets, cancellationToken);
            variant.Built(build.BuildId, launch.Digest, variables, revision.Secrets);
        }

        return new RevisionBuild(building ? BuildProgress.Building : BuildProgress.Ready);
    }

    /// <summary>What starts a built variant; null while its build has to be made again on this machine.</summary>
    public async Task<RuntimeLaunch?> LaunchAsync(Variant variant, CancellationToken cancellationToken)
    {
        if (variant.BuildId is not { } id)
        {
            return null;
        }

        if (!launches.TryGetValue(id, out var launch))
        {
            var build = await versions.EnsureBuildAsync(variant.ModelVersionId, variant.BaseImage, variant.BuildNumber, again: false, cancellationToken);
            if (build.Launch is null || build.BuildId != id)
            {
                return null;
            }

            launches[id] = launch = build.Launch;
        }

        return launch;
    }

    /// <summary>
    /// Only now is it known which set the variant has. It may be one that is at zero, also one that the live revision has too, which <see cref="MakeLive"/> had to leave asleep: the revision
    /// is on its way to be live, and so its sets run.
    /// </summary>
    private Task<Result> FixAsync(
        Guid deploymentId, Guid variantId, Guid build, RuntimeLaunch launch, IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> secrets,
        CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var variant = await db.Set<Variant>().SingleAsync(v => v.Id == variantId, token);
            if (variant.ReplicaSetHash is null)
            {
                variant.Built(build, launch.Digest, variables, secrets);
                var deployment = await db.Set<Deployment>().Include(d => d.Environment).SingleAsync(d => d.Id == deploymentId, token);
                if (await scaling.WakeAsync(db, deployment, [variant.ReplicaSetHash!], ScaleReasons.WokenByPerson, token))
                {
                    db.Changed("deployment", deployment.Resource);
                }
            }

            return Result.Done;
        },
        cancellationToken);
}
