using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Platform;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Registry;

/// <summary>Tells the store which blobs versions need.</summary>
internal sealed class VersionBlobs : IBlobUse
{
    public IQueryable<string> Digests(SlipwayDbContext db) => db.Set<VersionFile>().Select(f => f.Sha256);

    public async Task<IReadOnlyList<string>> HoldersAsync(SlipwayDbContext db, string sha256, CancellationToken cancellationToken)
    {
        var holders = await (
            from file in db.Set<VersionFile>()
            join version in db.Set<ModelVersion>() on file.VersionId equals version.Id
            join model in db.Set<RegisteredModel>() on version.ModelId equals model.Id
            where file.Sha256 == sha256
            orderby model.Name, version.Number
            select new { model.Name, version.Number, file.Path }).Take(5).ToListAsync(cancellationToken);
        return holders.ConvertAll(h => $"{h.Path} of {h.Name} v{h.Number}");
    }

    public async Task<IReadOnlyList<VerifyFinding>> BadReferencesAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        var bad = await (
            from file in db.Set<VersionFile>()
            join version in db.Set<ModelVersion>() on file.VersionId equals version.Id
            join model in db.Set<RegisteredModel>() on version.ModelId equals model.Id
            join blob in db.Set<Blob>() on file.Sha256 equals blob.Sha256 into stored
            from blob in stored.DefaultIfEmpty()
            where blob == null || blob.SizeBytes != file.SizeBytes
            select new { model.Name, version.Number, file.Path, file.Sha256 }).ToListAsync(cancellationToken);
        return bad.ConvertAll(b => new VerifyFinding(
            "bad_reference", $"{b.Name} v{b.Number} {b.Path}", $"The version refers to blob {b.Sha256}, which is not recorded or has another size."));
    }
}

/// <summary>Tells the store which blobs uploads wait with. A file of an upload may not be there yet, so nothing about it is bad.</summary>
internal sealed class UploadBlobs : IBlobUse
{
    public IQueryable<string> Digests(SlipwayDbContext db) => db.Set<UploadedFile>().Select(f => f.Sha256);

    public Task<IReadOnlyList<string>> HoldersAsync(SlipwayDbContext db, string sha256, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public Task<IReadOnlyList<VerifyFinding>> BadReferencesAsync(SlipwayDbContext db, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<VerifyFinding>>([]);
}
