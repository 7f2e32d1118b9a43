using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Packages;

/// <summary>The builds of versions: one per (version, base image) and rebuild, made by <see cref="BuildLoop"/>. Follow changes of kind <c>build</c>.</summary>
internal sealed class PackageBuilds(Database database, Writes writes, BaseImages images, AuditLog audit, BuildSignal signal, TimeProvider time) : IVersionBuilds
{
    /// <summary>The build of a version for a base image; queued when there is none yet.</summary>
    /// <param name="baseImage">Null: what config.yaml names, else <c>python</c>, or <c>onnx</c> for an ONNX model. Nothing falls back silently.</param>
    /// <param name="again">Whether one that failed is tried again.</param>
    /// <param name="by">Who asked; null: the system.</param>
    /// <param name="number">Which of them: 1, and one more with each rebuild.</param>
    /// <returns>Its state, version_not_found, not_runnable, unknown_base_image or base_image_unusable.</returns>
    public async Task<Result<BuildState>> EnsureAsync(
        Guid versionId, string? baseImage, CancellationToken cancellationToken, bool again = false, Actor? by = null, int number = 1)
    {
        var chosen = await ChooseImageAsync(versionId, baseImage, cancellationToken);
        if (chosen.Refusal is { } refusal)
        {
            return refusal;
        }

        await using (var db = database.Read())
        {
            var there = await db.Set<PackageBuild>().SingleOrDefaultAsync(b => b.VersionId == versionId && b.BaseImage == chosen.Value && b.Number == number, cancellationToken);
            if (there is not null && !(again && there.Status == BuildStatus.Failed))
            {
                return there.State;
            }
        }

        var queued = await writes.RunAsync<BuildState>(
            async (db, token) =>
            {
                var version = await NamedAsync(db, versionId, token);
                if (version is null)
                {
                    return RegistryRefusals.VersionNotFound("of this build", "any more");
                }

                var build = await db.Set<PackageBuild>().SingleOrDefaultAsync(b => b.VersionId == versionId && b.BaseImage == chosen.Value && b.Number == number, token);
                if (build is null)
                {
                    var now = time.GetUtcNow();
                    build = new PackageBuild { Id = Guid.CreateVersion7(now), VersionId = versionId, BaseImage = chosen.Value, Number = number, CreatedAt = now };
                    db.Set<PackageBuild>().Add(build);
                }
                else if (again && build.Status == BuildStatus.Failed)
                {
                    build.Requeue();
                }
                else
                {
                    return build.State;
                }

                audit.Record(db, by ?? Actor.System, "build.queued", "version", version, after: JsonSerializer.Serialize(
                    new Dictionary<string, string> { ["base_image"] = chosen.Value }, ContractsJson.Default.DictionaryStringString));
                db.Changed("build", ResourceOf(version, build.Id));
                return build.State;
            },
            cancellationToken);
        signal.Raise();
        return queued;
    }

    /// <summary>The number that another build of a version for a base image gets.</summary>
    public static async Task<int> NextAsync(SlipwayDbContext db, Guid versionId, string baseImage, CancellationToken cancellationToken) =>
        1 + (await db.Set<PackageBuild>().Where(b => b.VersionId == versionId && b.BaseImage == baseImage).MaxAsync(b => (int?)b.Number, cancellationToken) ?? 0);

    /// <returns>The build's state; null when there is none of this id.</returns>
    public async Task<BuildState?> FindAsync(Guid buildId, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return (await db.Set<PackageBuild>().SingleOrDefaultAsync(b => b.Id == buildId, cancellationToken))?.State;
    }

    public async Task<BuildInfo?> InfoAsync(Guid buildId, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return (await db.Set<PackageBuild>().SingleOrDefaultAsync(b => b.Id == buildId, cancellationToken))?.Info;
    }

    public async Task<ILookup<Guid, BuildInfo>> OfAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken)
    {
        var builds = await db.Set<PackageBuild>().AsNoTracking().Where(b => versions.Contains(b.VersionId)).OrderBy(b => b.CreatedAt).ToListAsync(cancellationToken);
        return builds.ToLookup(b => b.VersionId, b => b.Info);
    }

    /// <summary>Below /api/v1.</summary>
    /// <param name="version"><c>model/number</c>.</param>
    public static string ResourceOf(string version, Guid build) => $"models/{version.Replace("/", "/versions/", StringComparison.Ordinal)}/builds/{build}";

    /// <returns><c>model/number</c>; null when the version is gone.</returns>
    public static Task<string?> NamedAsync(SlipwayDbContext db, Guid versionId, CancellationToken cancellationToken) => (
        from version in db.Set<ModelVersion>()
        join model in db.Set<RegisteredModel>() on version.ModelId equals model.Id
        where version.Id == versionId
        select model.Name + "/" + version.Number).SingleOrDefaultAsync(cancellationToken);

    /// <returns>The base image that a build would take, or the refusal of <see cref="EnsureAsync"/>.</returns>
    public async Task<Result<string>> ChooseImageAsync(Guid versionId, string? baseImage, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var package = await db.Set<ModelVersion>().Where(v => v.Id == versionId)
            .Select(v => new { v.Package.Runnable, v.Package.NotRunnableReason, v.Package.RunnerJson }).SingleOrDefaultAsync(cancellationToken);
        if (package is null)
        {
            return RegistryRefusals.VersionNotFound("of this build", "any more");
        }

        if (!package.Runnable || package.RunnerJson is null)
        {
            return PackageRefusals.NotRunnable(package.NotRunnableReason ?? "");
        }

        var plan = JsonSerializer.Deserialize(package.RunnerJson, PackagesJson.Default.RunnerPlan)!;
        var name = baseImage ?? plan.BaseImage ?? (plan.Runtime == BaseImages.Onnx ? BaseImages.Onnx : BaseImages.Python);
        var all = await images.AllAsync(cancellationToken);
        var runtime = plan.Runtime == BaseImages.Onnx ? BaseImages.Onnx : BaseImages.Python;   // a program is started by the Python runner, and may be one itself
        var usable = all.Where(i => i.Usable && i.Runtime == runtime).Select(i => i.Name);
        return all.FirstOrDefault(i => i.Name == name) switch
        {
            null => PackageRefusals.UnknownBaseImage(name.Length > 100 ? "of that name" : name, usable),
            { } other when other.Runtime != runtime => PackageRefusals.OtherRuntime(name, runtime),
            { Usable: false } image => PackageRefusals.UnusableBaseImage(name, image.Problem, usable),
            _ => name,
        };
    }
}

/// <summary>Wakes the build loop at once; without it the loop looks at its own pace.</summary>
internal sealed class BuildSignal : IDisposable
{
    private readonly SemaphoreSlim raised = new(0);

    public void Raise() => raised.Release();

    public Task<bool> WaitAsync(TimeSpan pace, CancellationToken cancellationToken) => raised.WaitAsync(pace, cancellationToken);

    public void Dispose() => raised.Dispose();
}
