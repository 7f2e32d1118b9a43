using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>
/// Takes one file of a run as a stream of bytes. It is visible when all of it came; a file that is there already is replaced. Nothing is held in memory, so
/// the size is limited by <see cref="ArtifactOptions.MaxFileBytes"/> alone.
/// </summary>
internal sealed class StoreRunFile(Database database, Blobs blobs, IArtifactStore store, IOptions<ArtifactOptions> options, TimeProvider time)
{
    /// <param name="sha256">What the client says the content's digest is; null: it does not say.</param>
    /// <returns>The file, 400 <c>path_refused</c> or <c>digest_mismatch</c>, <c>run_not_found</c>, <c>run_deleted</c>, <c>artifact_path_taken</c>, 413 <c>too_large</c>, 507 <c>no_space</c>.</returns>
    public async Task<Result<RunArtifactInfo>> RunAsync(string id, string path, string? sha256, Stream body, CancellationToken cancellationToken)
    {
        if (SafePath.Check(path) is { } refused)
        {
            return refused;
        }

        // Asked before the body is read: who sends gigabytes to a run that is not there learns it at once.
        await using (var db = database.Read())
        {
            if ((await PlaceAsync(db, id, path, cancellationToken)).Refusal is { } early)
            {
                return early;
            }
        }

        try
        {
            using var staged = await store.StageAsync(body, options.Value.MaxFileBytes, cancellationToken);
            if (staged.TooLong)
            {
                return ArtifactRefusals.TooLarge($"{path} is larger than this server takes ({options.Value.MaxFileBytes} bytes).", options.Value.MaxFileBytes) with { MeasuresBody = true };
            }

            if (sha256 is not null && !string.Equals(sha256, staged.Digest.Hex, StringComparison.OrdinalIgnoreCase))
            {
                return Refusal.BadRequest("digest_mismatch", $"The content sent for {path} has not the digest that was announced; send it again.");
            }

            return await KeepAsync(id, path, staged, cancellationToken);
        }
        catch (IOException exception) when (NoSpaceFault.Is(exception))
        {
            return ArtifactRefusals.NoSpace();
        }
    }

    private async Task<Result<RunArtifactInfo>> KeepAsync(string id, string path, StagedBlob staged, CancellationToken cancellationToken)
    {
        var kept = await blobs.AddAsync<(RunArtifactInfo Info, string? Replaced)>(
            staged,
            async (db, token) =>
            {
                var run = await PlaceAsync(db, id, path, token);
                if (run.Refusal is { } refusal)
                {
                    return refusal;
                }

                var file = await db.Set<RunArtifact>().SingleOrDefaultAsync(a => a.RunNumber == run.Value && a.Path == path, token);
                var replaced = file?.Sha256 == staged.Digest.Hex ? null : file?.Sha256;
                if (file is null)
                {
                    file = new RunArtifact { RunNumber = run.Value, Path = path, Sha256 = "" };
                    db.Add(file);
                }

                (file.SizeBytes, file.Sha256, file.StoredAt) = (staged.SizeBytes, staged.Digest.Hex, time.GetUtcNow());
                db.Changed("run", $"runs/{id}");
                return (new RunArtifactInfo(path, file.SizeBytes, file.Sha256, file.StoredAt), replaced);
            },
            cancellationToken);
        if (kept.Refusal is { } no)
        {
            return no;
        }

        if (kept.Value.Replaced is { } old)
        {
            await blobs.SweepAsync([Digest.Parse(old)], CancellationToken.None);
        }

        return kept.Value.Info;
    }

    /// <summary>The run's number, if it takes a file at this path.</summary>
    private static async Task<Result<long>> PlaceAsync(SlipwayDbContext db, string id, string path, CancellationToken cancellationToken)
    {
        var run = await db.Set<Run>().Where(r => r.Id == id).Select(r => new { r.Number, r.DeletedAt }).SingleOrDefaultAsync(cancellationToken);
        if (run is null || run.DeletedAt is not null)
        {
            return run is null ? ExperimentRefusals.RunNotFound(id) : ExperimentRefusals.RunDeleted(id);
        }

        var folders = Folders(path).ToList();
        var below = path + "/";
        var taken = await db.Set<RunArtifact>().Where(a => a.RunNumber == run.Number && (folders.Contains(a.Path) || a.Path.Substring(0, below.Length) == below))
            .Select(a => a.Path).FirstOrDefaultAsync(cancellationToken);
        return taken is null ? run.Number : ExperimentRefusals.ArtifactPathTaken(path, taken);
    }

    private static IEnumerable<string> Folders(string path)
    {
        for (var slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }
}
