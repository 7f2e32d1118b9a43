using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Lists, opens and removes files of runs. Paths are looked up as text; they never name anything on a disk.</summary>
internal sealed class FindRunFiles(Database database, Writes writes, Blobs blobs, IArtifactStore store, AuditLog audit)
{
    /// <summary>All files, in order of their paths.</summary>
    public async Task<Result<Page<RunArtifactInfo>>> PageAsync(string id, PageQuery page, CancellationToken cancellationToken)
    {
        var files = await AllAsync(id, cancellationToken);
        return files.Refusal is { } refusal
            ? refusal
            : page.Of(
                [.. files.Value.Where(f => page.After is null || string.CompareOrdinal(f.Path, page.After) > 0).Take(page.Limit + 1)], f => f.Path,
                f => new RunArtifactInfo(f.Path, f.SizeBytes, f.Sha256, f.StoredAt));
    }

    /// <summary>What lies directly in a folder: folders first, each with what is below it.</summary>
    /// <param name="folder">Null or empty: the root.</param>
    public async Task<Result<Page<ArtifactEntry>>> TreeAsync(string id, string? folder, PageQuery page, CancellationToken cancellationToken)
    {
        var files = await AllAsync(id, cancellationToken);
        if (files.Refusal is { } refusal)
        {
            return refusal;
        }

        var prefix = folder is { Length: > 0 } ? folder.TrimEnd('/') + "/" : "";
        var below = files.Value.Where(f => f.Path.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        if (below.Count == 0 && prefix.Length > 0)
        {
            return ExperimentRefusals.ArtifactNotFound(folder!);
        }

        var entries = below
            .GroupBy(f => f.Path.IndexOf('/', prefix.Length) is var slash and >= 0 ? (f.Path[..slash], IsFolder: true) : (f.Path, IsFolder: false))
            .Select(g => new ArtifactEntry(g.Key.Item1, g.Key.IsFolder, g.Sum(f => f.SizeBytes), g.Key.IsFolder ? null : g.First().Sha256, g.Count(), g.Max(f => f.StoredAt)))
            .OrderBy(e => Key(e), StringComparer.Ordinal).ToList();
        return page.Of([.. entries.Where(e => page.After is null || string.CompareOrdinal(Key(e), page.After) > 0).Take(page.Limit + 1)], Key, e => e);

        static string Key(ArtifactEntry entry) => (entry.IsFolder ? "0" : "1") + entry.Path;
    }

    /// <returns>A seekable stream that the caller disposes of; <c>run_not_found</c> or <c>artifact_not_found</c>.</returns>
    public async Task<Result<(RunArtifact File, Stream Content)>> OpenAsync(string id, string path, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var number = await db.Set<Run>().Where(r => r.Id == id).Select(r => (long?)r.Number).SingleOrDefaultAsync(cancellationToken);
        if (number is null)
        {
            return ExperimentRefusals.RunNotFound(id);
        }

        var file = path.Contains('\0', StringComparison.Ordinal)
            ? null
            : await db.Set<RunArtifact>().SingleOrDefaultAsync(a => a.RunNumber == number && a.Path == path, cancellationToken);
        return file is null ? ExperimentRefusals.ArtifactNotFound(path) : (file, store.Open(Digest.Parse(file.Sha256)));
    }

    /// <summary>Removes a file, or all files below a folder.</summary>
    /// <returns>Done, <c>run_not_found</c> or <c>artifact_not_found</c>.</returns>
    public async Task<Result> DeleteAsync(string id, string path, Actor by, CancellationToken cancellationToken)
    {
        var freed = await writes.RunAsync<List<Digest>>(
            async (db, token) =>
            {
                var number = await db.Set<Run>().Where(r => r.Id == id).Select(r => (long?)r.Number).SingleOrDefaultAsync(token);
                if (number is null)
                {
                    return ExperimentRefusals.RunNotFound(id);
                }

                var below = path + "/";
                var files = await db.Set<RunArtifact>().Where(a => a.RunNumber == number && (a.Path == path || a.Path.Substring(0, below.Length) == below)).ToListAsync(token);
                if (files.Count == 0)
                {
                    return ExperimentRefusals.ArtifactNotFound(path);
                }

                db.RemoveRange(files);
                audit.Record(db, by, "run.artifact_deleted", "run", id);
                db.Changed("run", $"runs/{id}");
                return files.ConvertAll(f => Digest.Parse(f.Sha256));
            },
            cancellationToken);
        if (freed.Refusal is { } refusal)
        {
            return refusal;
        }

        await blobs.SweepAsync(freed.Value, CancellationToken.None);
        return Result.Done;
    }

    private async Task<Result<List<RunArtifact>>> AllAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var number = await db.Set<Run>().Where(r => r.Id == id).Select(r => (long?)r.Number).SingleOrDefaultAsync(cancellationToken);
        if (number is null)
        {
            return ExperimentRefusals.RunNotFound(id);
        }

        var files = await db.Set<RunArtifact>().Where(a => a.RunNumber == number).ToListAsync(cancellationToken);
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return files;
    }
}
