using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry.Uploads;

/// <summary>Ends uploads without a version, and with them the blobs that nothing else refers to.</summary>
internal sealed class GiveUpUpload(Writes writes, Blobs blobs, FindUpload uploads, AuditLog audit, TimeProvider time) : IExpiringBlobUse
{
    public async Task<Result> RunAsync(string id, Actor by, CancellationToken cancellationToken)
    {
        var upload = await uploads.OwnAsync(id, by, cancellationToken);
        if (upload.Refusal is { } refusal)
        {
            return refusal;
        }

        await RemoveAsync(upload.Value.Id, cancellationToken, by);
        return Result.Done;
    }

    /// <param name="by">Null: not somebody's decision, and so not audited.</param>
    public async Task RemoveAsync(Guid id, CancellationToken cancellationToken, Actor? by = null)
    {
        var freed = await writes.RunAsync<List<Digest>>(
            async (db, token) =>
            {
                var digests = await db.Set<UploadedFile>().Where(f => f.UploadId == id).Select(f => f.Sha256).Distinct().ToListAsync(token);
                var removed = await db.Set<Upload>().Where(u => u.Id == id).ExecuteDeleteAsync(token);
                if (by is not null && removed > 0)
                {
                    audit.Record(db, by, "upload.given_up", "upload", id.ToString());
                }

                return digests.ConvertAll(Digest.Parse);
            },
            cancellationToken);
        await blobs.SweepAsync(freed.Value, cancellationToken);
    }

    /// <summary>Removes those whose time is over.</summary>
    public Task ExpireAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return writes.RunAsync(
            async (db, token) =>
            {
                await db.Set<Upload>().Where(u => u.ExpiresAt <= now).ExecuteDeleteAsync(token);
                return Result.Done;
            },
            cancellationToken);
    }
}
