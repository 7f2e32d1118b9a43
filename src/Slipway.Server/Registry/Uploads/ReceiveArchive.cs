using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry.Uploads;

/// <summary>Takes a whole package as one <c>.tar.gz</c>: a complete upload, or nothing.</summary>
internal sealed class ReceiveArchive(StartUpload start, GiveUpUpload giveUp, Blobs blobs, IArtifactStore store, IOptions<ArtifactOptions> options)
{
    /// <returns>The complete upload; 400 <c>bad_archive</c>, 413 <c>too_large</c>, 507 <c>no_space</c>.</returns>
    public async Task<Result<UploadInfo>> RunAsync(Stream archive, Actor by, CancellationToken cancellationToken)
    {
        var limits = new ArchiveLimits(
            options.Value.MaxFiles, options.Value.MaxFileBytes, options.Value.MaxPackageBytes, options.Value.MaxArchiveBytes, options.Value.MaxArchiveRatio);
        var staged = new List<(string Path, StagedBlob Blob)>();
        try
        {
            var read = await ArchiveExtractor.ReadTarGzAsync(
                archive, limits, ArtifactPath.Problem,
                async (path, content) => staged.Add((path, await store.StageAsync(content, limits.MaxFileBytes, cancellationToken))), cancellationToken);
            if (read.Refusal is { } refusal)
            {
                return refusal;
            }

            if (ArtifactPath.FileUsedAsFolder(staged.Select(s => s.Path)) is { } both)
            {
                return Refusal.BadRequest("bad_archive", $"The archive's entry \"{both}\" is refused: it is both a file and a folder.");
            }

            return await KeepAsync(staged, by, cancellationToken);
        }
        catch (IOException exception) when (NoSpaceFault.Is(exception))
        {
            return ArtifactRefusals.NoSpace();
        }
        finally
        {
            staged.ForEach(s => s.Blob.Dispose());
        }
    }

    /// <summary>The upload refers to its blobs before they are there, so the sweep leaves them alone.</summary>
    private async Task<UploadInfo> KeepAsync(List<(string Path, StagedBlob Blob)> staged, Actor by, CancellationToken cancellationToken)
    {
        var upload = start.New(by, staged.Select(s => (s.Path, s.Blob.SizeBytes, s.Blob.Digest.Hex)));
        await start.AddAsync(upload, by, cancellationToken);
        try
        {
            foreach (var (_, blob) in staged)
            {
                await blobs.AddAsync(blob, cancellationToken);
            }
        }
        catch
        {
            await giveUp.RemoveAsync(upload.Id, CancellationToken.None);
            throw;
        }

        return FindUpload.ToInfo(upload, []);
    }
}
