using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry.Uploads;

/// <summary>
/// Begins an upload by naming its files. What the server stores already need not be sent: everybody who may write may read the whole registry (one project),
/// so a known digest tells nobody anything new. When projects hide models from each other, this is where possession must be proven first.
/// </summary>
internal sealed class StartUpload(Writes writes, Blobs blobs, AuditLog audit, TimeProvider time, IOptions<ArtifactOptions> options)
{
    /// <returns>The upload with what is missing, or 400 <c>invalid_field</c>, 413 <c>too_large</c>.</returns>
    public async Task<Result<UploadInfo>> RunAsync(StartUploadRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (Check(request.Files) is { } refusal)
        {
            return refusal;
        }

        var upload = New(by, request.Files.Select(f => (f.Path, f.SizeBytes, f.Sha256)));
        await AddAsync(upload, by, cancellationToken);
        var missing = await blobs.MissingAsync([.. request.Files.Select(f => Digest.Parse(f.Sha256))], cancellationToken);
        return FindUpload.ToInfo(upload, missing);
    }

    public Upload New(Actor by, IEnumerable<(string Path, long SizeBytes, string Sha256)> files)
    {
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        return new Upload
        {
            Id = id, ProjectId = Project.Default, CreatedById = by.UserId, CreatedBy = by.Name, CreatedAt = now, ExpiresAt = now + options.Value.UploadLifetime,
            Files = [.. files.Select(f => new UploadedFile { UploadId = id, Path = f.Path, SizeBytes = f.SizeBytes, Sha256 = f.Sha256 })],
        };
    }

    public Task AddAsync(Upload upload, Actor by, CancellationToken cancellationToken) => writes.RunAsync(
        (db, _) =>
        {
            db.Set<Upload>().Add(upload);
            audit.Record(db, by, "upload.started", "upload", upload.Id.ToString());
            return Task.FromResult(Result.Done);
        },
        cancellationToken);

    private Refusal? Check(IReadOnlyList<UploadFile>? files)
    {
        if (files is null or { Count: 0 } || files.Any(f => f?.Path is null))
        {
            return Refusal.Field("files", "An upload names at least one file, each with path, size_bytes and sha256.");
        }

        if (files.Count > options.Value.MaxFiles)
        {
            return ArtifactRefusals.TooLarge($"A package has at most {options.Value.MaxFiles} files.", options.Value.MaxFiles, files.Count);
        }

        var seen = new Dictionary<string, long>();
        long total = 0;
        foreach (var file in files)
        {
            if (ArtifactPath.Problem(file.Path) is { } problem)
            {
                return Refusal.Field("files", $"The path {Shown(file.Path)} is refused: {problem}.");
            }

            if (!Digest.TryParse(file.Sha256, out _))
            {
                return Refusal.Field("files", $"The sha256 of {file.Path} is not 64 lower-case hexadecimal digits.");
            }

            if (file.SizeBytes < 0 || (seen.TryGetValue(file.Sha256, out var size) && size != file.SizeBytes))
            {
                return Refusal.Field("files", $"The size_bytes of {file.Path} is below zero, or not that of another file with the same sha256.");
            }

            if (file.SizeBytes > options.Value.MaxFileBytes)
            {
                return ArtifactRefusals.TooLarge($"{file.Path} has {file.SizeBytes} bytes, and a file has at most {options.Value.MaxFileBytes}.", options.Value.MaxFileBytes, file.SizeBytes);
            }

            total += file.SizeBytes;
            seen[file.Sha256] = file.SizeBytes;
        }

        if (total > options.Value.MaxPackageBytes)
        {
            return ArtifactRefusals.TooLarge(
                $"The package has {total} bytes, and a package has at most {options.Value.MaxPackageBytes}; leave out what the model does not need.", options.Value.MaxPackageBytes, total);
        }

        if (files.GroupBy(f => f.Path, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            return Refusal.Field("files", $"The path {twice.Key} is given twice.");
        }

        return ArtifactPath.FileUsedAsFolder(files.Select(f => f.Path)) is { } both ? Refusal.Field("files", $"The path {both} is both a file and a folder.") : null;
    }

    private static string Shown(string path) => '"' + string.Concat(path.Take(200).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)) + '"';
}
