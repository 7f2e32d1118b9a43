using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments;

/// <summary>Versions from the registry, builds from Packages.</summary>
internal sealed class RunnableVersions(FindVersions versions, PackageBuilds builds) : IRunnableVersions
{
    /// <inheritdoc/>
    public async Task<Result<RunnableVersion>> FindAsync(string model, string version, CancellationToken cancellationToken)
    {
        var found = await versions.FindAsync(model, version, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return refusal;
        }

        var package = found.Value.Package;
        if (package is not { Runnable: true, Runtime: { } runtime })
        {
            return DeploymentRefusals.NotRunnable(model, found.Value.Number, package.NotRunnableReason ?? "it has no runtime.");
        }

        var resources = RunnerPlan.ResourcesOf(package.RunnerJson);
        return new RunnableVersion(found.Value.Id, model, found.Value.Number, found.Value.Label, runtime, resources.CpuCores, resources.MemoryMib)
        {
            Secrets = RunnerPlan.SecretsOf(package.RunnerJson),
        };
    }

    /// <inheritdoc/>
    public Task<Stage?> StageOfAsync(SlipwayDbContext unit, Guid version, CancellationToken cancellationToken) => FindVersions.StageOfAsync(unit, version, cancellationToken);

    /// <inheritdoc/>
    public Task<Result<string>> ChooseBaseImageAsync(Guid version, string? wanted, CancellationToken cancellationToken) =>
        builds.ChooseImageAsync(version, wanted, cancellationToken);

    /// <inheritdoc/>
    public Task<int> NextBuildAsync(SlipwayDbContext unit, Guid version, string baseImage, CancellationToken cancellationToken) =>
        PackageBuilds.NextAsync(unit, version, baseImage, cancellationToken);

    /// <inheritdoc/>
    public async Task<VariantBuild> EnsureBuildAsync(Guid version, string baseImage, int number, bool again, CancellationToken cancellationToken)
    {
        var build = await builds.EnsureAsync(version, baseImage, cancellationToken, again, number: number);
        return build.Refusal is { } refusal
            ? new VariantBuild(Guid.Empty, null, refusal.Detail)
            : new VariantBuild(
                build.Value.BuildId, build.Value.Status == BuildStatus.Ready ? build.Value.Launch : null,
                build.Value.Status == BuildStatus.Failed ? build.Value.Error ?? "see its log." : null);
    }
}
