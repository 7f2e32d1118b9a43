using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry.Uploads;

/// <summary>Takes the content of one file of an upload. It is visible only when all of it came and has the digest that it was announced with.</summary>
internal sealed class ReceiveBlob(FindUpload uploads, Blobs blobs, IArtifactStore store)
{
    /// <returns>The upload as it now is; 400 <c>digest_mismatch</c>, 404 or 507 <c>no_space</c>.</returns>
    public async Task<Result<UploadInfo>> RunAsync(string uploadId, string sha256, Stream body, Actor by, CancellationToken cancellationToken)
    {
        var upload = await uploads.OwnAsync(uploadId, by, cancellationToken);
        if (upload.Refusal is { } refusal)
        {
            return refusal;
        }

        if (upload.Value.Files.Find(f => f.Sha256 == sha256) is not { } file)
        {
            return RegistryRefusals.NotOfUpload();
        }

        try
        {
            using var staged = await store.StageAsync(body, file.SizeBytes, cancellationToken);
            if (staged.TooLong || staged.SizeBytes != file.SizeBytes || staged.Digest.Hex != sha256)
            {
                return RegistryRefusals.WrongContent(
                    $"The content sent for {file.Path} is not the one announced ({file.SizeBytes} bytes, sha256 {sha256}). Send it again, or start a new upload if the file has changed.");
            }

            await blobs.AddAsync(staged, cancellationToken);
        }
        catch (IOException exception) when (NoSpaceFault.Is(exception))
        {
            return ArtifactRefusals.NoSpace();
        }

        return await uploads.InfoAsync(uploadId, by, cancellationToken);
    }
}
