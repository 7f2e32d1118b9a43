using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Platform;

namespace Slipway.Server.Packages.Drafts;

/// <summary>Tells the store which blobs drafts need.</summary>
internal sealed class DraftBlobs : IBlobUse
{
    public IQueryable<string> Digests(SlipwayDbContext db) => db.Set<PackageDraftFile>().Select(f => f.Sha256);

    public async Task<IReadOnlyList<string>> HoldersAsync(SlipwayDbContext db, string sha256, CancellationToken cancellationToken)
    {
        var paths = await db.Set<PackageDraftFile>().Where(f => f.Sha256 == sha256).OrderBy(f => f.Path).Select(f => f.Path).Distinct().Take(5).ToListAsync(cancellationToken);
        return paths.ConvertAll(path => $"{path} of a live draft");
    }

    public async Task<IReadOnlyList<VerifyFinding>> BadReferencesAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        var bad = await (
            from file in db.Set<PackageDraftFile>()
            join draft in db.Set<PackageDraft>() on file.DraftId equals draft.Id
            join blob in db.Set<Blob>() on file.Sha256 equals blob.Sha256 into stored
            from blob in stored.DefaultIfEmpty()
            where blob == null || blob.SizeBytes != file.SizeBytes
            select new { draft.Digest, file.Path, file.Sha256 }).ToListAsync(cancellationToken);
        return bad.ConvertAll(b => new VerifyFinding(
            "bad_reference", $"draft {b.Digest[..12]} {b.Path}", $"The draft refers to blob {b.Sha256}, which is not recorded or has another size."));
    }
}
