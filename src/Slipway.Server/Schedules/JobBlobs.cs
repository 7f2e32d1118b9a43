using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Tells the store which blobs the packages of schedules need.</summary>
internal sealed class JobBlobs : IBlobUse
{
    public IQueryable<string> Digests(SlipwayDbContext db) => db.Set<JobPackageFile>().Select(f => f.Sha256);

    public async Task<IReadOnlyList<string>> HoldersAsync(SlipwayDbContext db, string sha256, CancellationToken cancellationToken)
    {
        var holders = await (
            from file in db.Set<JobPackageFile>()
            join package in db.Set<JobPackage>() on file.PackageId equals package.Id
            join schedule in db.Set<Schedule>() on package.ScheduleId equals schedule.Id
            where file.Sha256 == sha256
            orderby schedule.Name
            select new { schedule.Name, file.Path }).Take(5).ToListAsync(cancellationToken);
        return holders.ConvertAll(h => $"{h.Path} of schedule {h.Name}");
    }

    public async Task<IReadOnlyList<VerifyFinding>> BadReferencesAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        var bad = await (
            from file in db.Set<JobPackageFile>()
            join package in db.Set<JobPackage>() on file.PackageId equals package.Id
            join schedule in db.Set<Schedule>() on package.ScheduleId equals schedule.Id
            join blob in db.Set<Blob>() on file.Sha256 equals blob.Sha256 into stored
            from blob in stored.DefaultIfEmpty()
            where blob == null || blob.SizeBytes != file.SizeBytes
            select new { schedule.Name, file.Path, file.Sha256 }).ToListAsync(cancellationToken);
        return bad.ConvertAll(b => new VerifyFinding(
            "bad_reference", $"schedule {b.Name} {b.Path}", $"The schedule's package refers to blob {b.Sha256}, which is not recorded or has another size."));
    }
}
