using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Schedules;

/// <summary>Makes a job's package of an upload: looks at it first, then takes its files over inside the unit of the schedule that it is for.</summary>
internal sealed class TakeJobPackage(FindUpload uploads, GiveUpUpload giveUp, InspectJob inspect, IArtifactStore store)
{
    /// <summary>What an upload holds.</summary>
    internal sealed record Looked(Guid UploadId, JobFacts Facts);

    /// <returns>What was found; upload_not_found, upload_incomplete, or a refusal of <see cref="InspectJob"/>, with which the upload ends.</returns>
    public async Task<Result<Looked>> LookAsync(string uploadId, string? baseImage, Actor by, CancellationToken cancellationToken)
    {
        var found = await uploads.CompleteAsync(uploadId, by, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return refusal;
        }

        var facts = await inspect.RunAsync(PackageFiles.Of(store, VersionSource.Of(found.Value)), baseImage, cancellationToken);
        if (facts.Refusal is { } unfit)
        {
            await giveUp.RemoveAsync(found.Value.Id, CancellationToken.None);
            return unfit;
        }

        return new Looked(found.Value.Id, facts.Value);
    }

    /// <summary>The package, added to the unit; the upload ends with it.</summary>
    /// <returns>The package, or upload_not_found.</returns>
    public static async Task<Result<JobPackage>> TakeAsync(SlipwayDbContext db, Looked looked, Guid scheduleId, Actor by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var upload = await db.Set<Upload>().Include(u => u.Files).SingleOrDefaultAsync(u => u.Id == looked.UploadId && u.CreatedById == by.UserId, cancellationToken);
        if (upload is null)
        {
            return RegistryRefusals.UploadNotFound();
        }

        var digest = CreateVersion.DigestOf(VersionSource.Of(upload).Files);
        var package = Make(scheduleId, digest, looked.Facts, [.. upload.Files.Select(f => (f.Path, f.SizeBytes, f.Sha256))], by, now);
        db.Set<JobPackage>().Add(package);
        db.Set<Upload>().Remove(upload);
        return package;
    }

    /// <summary>A package whose environment is still to be made.</summary>
    internal static JobPackage Make(
        Guid scheduleId, string digest, JobFacts facts, IReadOnlyList<(string Path, long SizeBytes, string Sha256)> files, Actor by, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        return new JobPackage
        {
            Id = id, ScheduleId = scheduleId, Digest = digest, SizeBytes = files.Sum(f => f.SizeBytes), CommandJson = JobPackage.Json(facts.Command), BaseImage = facts.BaseImage,
            RequirementsJson = JobPackage.Json(facts.Requirements), WarningsJson = JobPackage.Json(facts.Warnings),
            VariablesJson = JsonSerializer.Serialize(new Dictionary<string, string>(facts.Variables), SchedulesJson.Default.DictionaryStringString), CreatedBy = by.Name, CreatedAt = now,
            Files = [.. files.Select(f => new JobPackageFile { PackageId = id, Path = f.Path, SizeBytes = f.SizeBytes, Sha256 = f.Sha256 })],
        };
    }
}
