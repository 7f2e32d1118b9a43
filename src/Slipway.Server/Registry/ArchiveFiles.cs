using System.IO.Compression;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry;

/// <summary>
/// Several files of a version as one zip that is made while it is sent: nothing on a disk, one chunk of one blob in memory, and no faster than the reader takes it. Stored
/// content that is damaged, and a reader that has gone, end it in the middle: the answer is cut and cannot be taken for a whole one.
/// </summary>
internal sealed class ArchiveFiles(Database database, FindVersions versions, IArtifactStore store)
{
    /// <param name="paths">Files and folders; none: everything.</param>
    /// <returns>The files in the order of their paths; <c>model_not_found</c>, <c>version_not_found</c>, or <c>file_not_found</c> for a path that is neither file nor folder.</returns>
    public async Task<Result<VersionArchive>> ChooseAsync(string model, string reference, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var version = await versions.FindAsync(model, reference, cancellationToken);
        if (version.Refusal is { } refusal)
        {
            return refusal;
        }

        await using var db = database.Read();
        var files = await db.Set<VersionFile>().Where(f => f.VersionId == version.Value.Id).ToListAsync(cancellationToken);
        var chosen = new HashSet<VersionFile>();
        foreach (var path in paths)
        {
            var folder = $"{path.TrimEnd('/')}/";
            var found = files.Where(f => f.Path == path || f.Path.StartsWith(folder, StringComparison.Ordinal)).ToList();
            if (found.Count == 0)
            {
                return RegistryRefusals.FileNotFound(path);
            }

            chosen.UnionWith(found);
        }

        return new VersionArchive(
            $"{model}-v{version.Value.Number}.zip", version.Value.CreatedAt, [.. (paths.Count == 0 ? files : chosen.AsEnumerable()).OrderBy(f => f.Path, StringComparer.Ordinal)]);
    }

    /// <summary>Writes the zip. Deflated, since a reader that cannot seek needs to see where an entry ends.</summary>
    public async Task WriteAsync(VersionArchive archive, Stream output, CancellationToken cancellationToken)
    {
        await using var held = new HeldWrites(output);
        await using (var zip = await ZipArchive.CreateAsync(held, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, cancellationToken))
        {
            foreach (var file in archive.Files)
            {
                var entry = zip.CreateEntry(file.Path, CompressionLevel.Fastest);
                entry.LastWriteTime = archive.At;
                await using var target = await entry.OpenAsync(cancellationToken);
                await using var content = store.Open(Digest.Parse(file.Sha256));
                await content.CopyToAsync(target, BlobFormat.ChunkBytes, cancellationToken);
            }
        }

        await held.FlushAsync(cancellationToken);
    }
}

/// <param name="Name">Of the zip.</param>
/// <param name="At">Time of its entries.</param>
internal sealed record VersionArchive(string Name, DateTimeOffset At, IReadOnlyList<VersionFile> Files);
