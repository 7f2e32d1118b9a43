using Microsoft.EntityFrameworkCore;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Makes a job's package of the one that a schedule has, on another base image: the same files, and requirements that are resolved anew.</summary>
internal sealed class RebaseJobPackage(Database database, InspectJob inspect, IArtifactStore store)
{
    /// <summary>What was looked at, and what it is on the other base image.</summary>
    internal sealed record Looked(Guid PackageId, JobFacts Facts);

    /// <returns>What was found; schedule_not_found or a refusal of <see cref="InspectJob"/>.</returns>
    public async Task<Result<Looked>> LookAsync(string schedule, string baseImage, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var packageId = await db.Set<Schedule>().Where(s => s.ProjectId == Project.Default && s.Name == schedule).Select(s => (Guid?)s.PackageId).SingleOrDefaultAsync(cancellationToken);
        if (packageId is not { } id)
        {
            return ScheduleRefusals.NotFound(schedule);
        }

        var files = await db.Set<JobPackageFile>().Where(f => f.PackageId == id).ToListAsync(cancellationToken);
        var facts = await inspect.RunAsync(new PackageFiles(store, [.. files.Select(f => (f.Path, f.SizeBytes, Digest.Parse(f.Sha256)))]), baseImage, cancellationToken);
        return facts.Refusal is { } unfit ? unfit : new Looked(id, facts.Value);
    }

    /// <summary>The package, added to the unit.</summary>
    /// <returns>The package, or <c>stale_etag</c>: somebody gave the schedule another one since it was looked at.</returns>
    public static async Task<Result<JobPackage>> TakeAsync(SlipwayDbContext db, Looked looked, Schedule schedule, Actor by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (schedule.PackageId != looked.PackageId)
        {
            return ScheduleRefusals.Stale();
        }

        var there = await db.Set<JobPackage>().AsNoTracking().Include(p => p.Files).SingleAsync(p => p.Id == looked.PackageId, cancellationToken);
        var package = TakeJobPackage.Make(schedule.Id, there.Digest, looked.Facts, [.. there.Files.Select(f => (f.Path, f.SizeBytes, f.Sha256))], by, now);
        db.Set<JobPackage>().Add(package);
        return package;
    }
}
