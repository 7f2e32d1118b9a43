using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry.Uploads;

/// <summary>Reads an upload of the caller; another's is as if it were not there.</summary>
internal sealed class FindUpload(Database database, Blobs blobs, TimeProvider time)
{
    public async Task<Result<UploadInfo>> InfoAsync(string id, Actor by, CancellationToken cancellationToken)
    {
        var upload = await OwnAsync(id, by, cancellationToken);
        return upload.Refusal is { } refusal ? refusal : ToInfo(upload.Value, await MissingAsync(upload.Value, cancellationToken));
    }

    /// <returns>The upload if every file of it is stored; else <c>upload_not_found</c> or <c>upload_incomplete</c>.</returns>
    public async Task<Result<Upload>> CompleteAsync(string id, Actor by, CancellationToken cancellationToken)
    {
        var upload = await OwnAsync(id, by, cancellationToken);
        if (upload.Refusal is { } refusal)
        {
            return refusal;
        }

        var missing = await MissingAsync(upload.Value, cancellationToken);
        return missing.Count > 0 ? RegistryRefusals.UploadIncomplete(missing.Count) : upload;
    }

    public async Task<Result<Upload>> OwnAsync(string id, Actor by, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(id, out var uploadId))
        {
            return RegistryRefusals.UploadNotFound();
        }

        var now = time.GetUtcNow();
        await using var db = database.Read();
        var upload = await db.Set<Upload>().Include(u => u.Files)
            .SingleOrDefaultAsync(u => u.Id == uploadId && u.CreatedById == by.UserId && u.ExpiresAt > now, cancellationToken);
        return upload is null ? RegistryRefusals.UploadNotFound() : upload;
    }

    public static UploadInfo ToInfo(Upload upload, IReadOnlyList<Digest> missing) => new(
        upload.Id.ToString(), [.. missing.Select(d => d.Hex)], missing.Count == 0, upload.Files.Sum(f => f.SizeBytes), upload.ExpiresAt);

    private Task<IReadOnlyList<Digest>> MissingAsync(Upload upload, CancellationToken cancellationToken) =>
        blobs.MissingAsync([.. upload.Files.Select(f => Digest.Parse(f.Sha256))], cancellationToken);
}
