using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Tells the store which blobs runs need.</summary>
internal sealed class RunBlobs : IBlobUse
{
    public IQueryable<string> Digests(SlipwayDbContext db) => db.Set<RunArtifact>().Select(a => a.Sha256);

    public async Task<IReadOnlyList<string>> HoldersAsync(SlipwayDbContext db, string sha256, CancellationToken cancellationToken)
    {
        var holders = await (
            from file in db.Set<RunArtifact>()
            join run in db.Set<Run>() on file.RunNumber equals run.Number
            where file.Sha256 == sha256
            orderby run.Number
            select new { run.Id, file.Path }).Take(5).ToListAsync(cancellationToken);
        return holders.ConvertAll(h => $"{h.Path} of run {h.Id}");
    }

    public async Task<IReadOnlyList<VerifyFinding>> BadReferencesAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        var bad = await (
            from file in db.Set<RunArtifact>()
            join run in db.Set<Run>() on file.RunNumber equals run.Number
            join blob in db.Set<Blob>() on file.Sha256 equals blob.Sha256 into stored
            from blob in stored.DefaultIfEmpty()
            where blob == null || blob.SizeBytes != file.SizeBytes
            select new { run.Id, file.Path, file.Sha256 }).ToListAsync(cancellationToken);
        return bad.ConvertAll(b => new VerifyFinding(
            "bad_reference", $"run {b.Id} {b.Path}", $"The run refers to blob {b.Sha256}, which is not recorded or has another size."));
    }
}
