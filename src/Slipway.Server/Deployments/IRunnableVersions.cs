using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>What Deployments needs of Registry and Packages: a version to run, and its build. Builds are child processes, so this is a process boundary.</summary>
internal interface IRunnableVersions
{
    /// <param name="version"><c>3</c>, <c>v3</c> or a label.</param>
    /// <returns>The version, or why it cannot run.</returns>
    Task<Result<RunnableVersion>> FindAsync(string model, string version, CancellationToken cancellationToken);

    /// <summary>The stage that a version is in now; null: it was deleted. Asked in the unit that makes it live.</summary>
    Task<Stage?> StageOfAsync(SlipwayDbContext unit, Guid version, CancellationToken cancellationToken);

    /// <summary>The base image to build a version for.</summary>
    /// <param name="wanted">Null: what the package names, else <c>python</c>.</param>
    /// <returns>Its name, or why this machine cannot use it.</returns>
    Task<Result<string>> ChooseBaseImageAsync(Guid version, string? wanted, CancellationToken cancellationToken);

    /// <summary>Starts the build of a version for a base image unless it is there, and says how it stands.</summary>
    /// <param name="number">Which of them: 1, and one more with each rebuild.</param>
    /// <param name="again">Whether a build that failed is tried again.</param>
    Task<VariantBuild> EnsureBuildAsync(Guid version, string baseImage, int number, bool again, CancellationToken cancellationToken);

    /// <summary>The number that another build of a version for a base image gets.</summary>
    Task<int> NextBuildAsync(SlipwayDbContext unit, Guid version, string baseImage, CancellationToken cancellationToken);
}

/// <summary>A version that can run.</summary>
/// <param name="CpuCores">What its package asks for; null: it does not say.</param>
/// <param name="MemoryMib">The same.</param>
internal sealed record RunnableVersion(Guid Id, string Model, int Number, string? Label, string Runtime, double? CpuCores = null, int? MemoryMib = null)
{
    /// <summary>Names of the secrets that its package declares.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];
}

/// <summary>How the build of one variant stands: launch set, it is ready; error set, it failed; neither, it runs.</summary>
internal sealed record VariantBuild(Guid BuildId, RuntimeLaunch? Launch, string? Error);
