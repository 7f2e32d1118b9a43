using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Artifacts;
using Slipway.Server.Registry.Uploads;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Packages;

/// <summary>Carries out one build: unpack the package, make or find its environment, find what a warm parent can import. Each step may be repeated.</summary>
internal sealed partial class BuildPackage(
    Database database, Writes writes, IArtifactStore store, BaseImages images, PythonEnvironments environments, PythonImports imports, DataFolders folders, TimeProvider time,
    ILogger<BuildPackage> logger)
{
    public async Task RunAsync(Guid buildId, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var build = await db.Set<PackageBuild>().SingleOrDefaultAsync(b => b.Id == buildId, cancellationToken);
        var version = build is null ? null : await db.Set<ModelVersion>().Include(v => v.Files).SingleOrDefaultAsync(v => v.Id == build.VersionId, cancellationToken);
        if (build is null || version is null || await PackageBuilds.NamedAsync(db, version.Id, cancellationToken) is not { } name)
        {
            return;   // deleted meanwhile
        }

        await SaveAsync(buildId, name, b => b.Start(), cancellationToken);
        var log = new BuildLog(folders.LogOf(buildId), time);
        Result<RuntimeLaunch> made;
        try
        {
            made = await MakeAsync(build, version, name, log, cancellationToken);
        }
        catch (IOException exception) when (NoSpaceFault.Is(exception))
        {
            made = ArtifactRefusals.NoSpace();
        }
        catch (CorruptBlobException exception)
        {
            made = Failure($"A stored file of this version is damaged ({exception.Message}) Run slipway verify.");
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogBroke(exception, buildId);
            made = Failure("The build broke off for a reason of the server; its log has it.");
        }

        if (made.Refusal is { } refusal)
        {
            await log.WriteAsync($"FAILED: {refusal.Detail}");
            await SaveAsync(buildId, name, b => b.Fail(refusal.Detail, time.GetUtcNow()), cancellationToken);
            return;
        }

        Failpoints.Pass("packages.before_ready");
        await log.WriteAsync("Ready.");
        await SaveAsync(buildId, name, b => b.Finish(made.Value, time.GetUtcNow()), cancellationToken);
    }

    private async Task<Result<RuntimeLaunch>> MakeAsync(PackageBuild build, ModelVersion version, string name, BuildLog log, CancellationToken cancellationToken)
    {
        var plan = JsonSerializer.Deserialize(version.Package.RunnerJson!, PackagesJson.Default.RunnerPlan)!;
        if (await images.FindAsync(build.BaseImage, cancellationToken) is not { Usable: true, Interpreter: { } interpreter } image)
        {
            return Failure($"The base image {build.BaseImage} can no longer be used on this machine; choose another with --base-image.");
        }

        await log.WriteAsync($"Building {name.Replace("/", " v", StringComparison.Ordinal)} on base image {image.Name} ({(image.Runtime == BaseImages.Onnx ? "ONNX Runtime" : "Python")} {image.Version}).");
        var folder = await UnpackAsync(version, cancellationToken);
        await log.WriteAsync($"Package unpacked: {version.Files.Count} files, {version.SizeBytes} bytes.");

        if (plan.Runtime == BaseImages.Onnx)
        {
            var content = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', version.Digest, image.Version, plan.Model.GetRawText()))));
            return new RuntimeLaunch(plan.Runtime, build.Id, folder, interpreter, [], [], plan.Model, plan.Fork, plan.PredictConcurrency, plan.Batch, plan.MaxBatch, content);
        }

        var environment = await environments.EnsureAsync(image, version.Package.Requirements, build.Lock, log, cancellationToken);
        if (environment.Refusal is { } refusal)
        {
            return refusal;
        }

        Failpoints.Pass("packages.after_materialise");
        await SaveAsync(build.Id, name, b => b.Resolve(environment.Value.Lock), cancellationToken);
        var available = await imports.AvailableAsync(environment.Value.Interpreter, plan.Imports, cancellationToken);
        if (available.Length > 0)
        {
            await log.WriteAsync($"Imported once for all replicas: {string.Join(", ", available)}.");
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(
            '\n', version.Digest, environment.Value.Lock, environment.Value.Interpreter, image.Version, plan.Model.GetRawText(), string.Join(',', available)))));
        return new RuntimeLaunch(
            plan.Runtime, build.Id, folder, environment.Value.Interpreter, [], available, plan.Model, plan.Fork, plan.PredictConcurrency, plan.Batch, plan.MaxBatch, digest);
    }

    /// <summary>Writes the package beside its place, then renames: the folder is whole or absent. Equal packages share one.</summary>
    private async Task<string> UnpackAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var folder = folders.PackageOf(version.Digest);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var staged = Path.Combine(folders.Packages, $".unpack-{Guid.NewGuid():N}");
        PackageFiles.CreateReadable(staged);
        try
        {
            var files = new PackageFiles(store, [.. version.Files.Select(f => (f.Path, f.SizeBytes, Digest.Parse(f.Sha256)))]);
            await files.WriteAsync(staged, _ => true, cancellationToken);
            foreach (var inner in Directory.EnumerateDirectories(staged, "*", SearchOption.AllDirectories).Append(staged))
            {
                FolderSync.Flush(inner);
            }

            Directory.Move(staged, folder);
            FolderSync.Flush(folders.Packages);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // another build of an equal package was first
        }
        finally
        {
            if (Directory.Exists(staged))
            {
                Directory.Delete(staged, recursive: true);
            }
        }

        return folder;
    }

    private Task SaveAsync(Guid buildId, string name, Action<PackageBuild> change, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            if (await db.Set<PackageBuild>().SingleOrDefaultAsync(b => b.Id == buildId, token) is { } build)
            {
                change(build);
                db.Changed("build", PackageBuilds.ResourceOf(name, buildId));
            }

            return Result.Done;
        },
        cancellationToken);

    private static Refusal Failure(string detail) => Refusal.Conflict("build_failed", detail);

    [LoggerMessage(LogLevel.Error, "Build {Build} broke off")]
    private partial void LogBroke(Exception exception, Guid build);
}
