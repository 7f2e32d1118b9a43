using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>Reads every stored byte again and compares it with what the database says. Needs no running server: a database and a store are enough.</summary>
internal static class VerifyStore
{
    /// <returns>Number of blobs and bytes read, and each finding: corrupt_blob, missing_blob, orphan_blob, bad_reference.</returns>
    public static async Task<(int Blobs, long Bytes, IReadOnlyList<VerifyFinding> Findings)> RunAsync(
        Database database, IArtifactStore store, BlobLocks locks, IEnumerable<IBlobUse> uses, CancellationToken cancellationToken)
    {
        var findings = new List<VerifyFinding>();
        var files = store.List().ToList();   // before the rows: a blob that is added meanwhile has its row by then, or its lock held
        await using var db = database.Read();
        var rows = await db.Set<Blob>().OrderBy(b => b.Sha256).ToListAsync(cancellationToken);
        long bytes = 0;
        foreach (var row in rows)
        {
            bytes += row.SizeBytes;
            if (await CheckAsync(store, row, cancellationToken) is { } finding)
            {
                var holders = await HoldersAsync(db, uses, row.Sha256, cancellationToken);
                if (holders is not null)   // swept while we looked: no finding
                {
                    findings.Add(finding with { Detail = $"{finding.Detail} {holders}" });
                }
            }
        }

        await OrphansAsync(db, files, rows, locks, uses, findings, cancellationToken);
        foreach (var use in uses)
        {
            findings.AddRange(await use.BadReferencesAsync(db, cancellationToken));
        }

        return (rows.Count, bytes, findings);
    }

    private static async Task<VerifyFinding?> CheckAsync(IArtifactStore store, Blob row, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = store.Open(Digest.Parse(row.Sha256));
            var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
            return found == row.Sha256 && content.Length == row.SizeBytes
                ? null
                : new VerifyFinding("corrupt_blob", row.Sha256, "The content does not have the digest or size that it is stored under.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new VerifyFinding("missing_blob", row.Sha256, "The file is gone.");
        }
        catch (CorruptBlobException exception)
        {
            return new VerifyFinding("corrupt_blob", row.Sha256, exception.Message);
        }
    }

    /// <returns>Who refers to the blob, in a sentence; null when the blob itself is no longer recorded.</returns>
    private static async Task<string?> HoldersAsync(SlipwayDbContext db, IEnumerable<IBlobUse> uses, string sha256, CancellationToken cancellationToken)
    {
        if (!await db.Set<Blob>().AnyAsync(b => b.Sha256 == sha256, cancellationToken))
        {
            return null;
        }

        var holders = new List<string>();
        foreach (var use in uses)
        {
            holders.AddRange(await use.HoldersAsync(db, sha256, cancellationToken));
        }

        return holders.Count == 0 ? "Nobody needs it." : $"It is {string.Join(", ", holders.Take(5))}.";
    }

    private static async Task OrphansAsync(
        SlipwayDbContext db, List<StoredBlob> files, List<Blob> rows, BlobLocks locks, IEnumerable<IBlobUse> uses, List<VerifyFinding> findings, CancellationToken cancellationToken)
    {
        var known = rows.Select(r => r.Sha256).ToHashSet();
        foreach (var file in files.Where(f => f.Digest is not { } digest || !known.Contains(digest.Hex)))
        {
            if (file.Digest is { } digest)
            {
                using var held = await locks.HoldAsync(digest, cancellationToken);
                if (await db.Set<Blob>().AnyAsync(b => b.Sha256 == digest.Hex, cancellationToken))
                {
                    continue;
                }
            }

            findings.Add(new VerifyFinding("orphan_blob", file.Name, "A file in the artifact store that the database does not know."));
        }

        foreach (var row in await Blobs.Unreferenced(db, uses).Select(b => b.Sha256).ToListAsync(cancellationToken))
        {
            findings.Add(new VerifyFinding("orphan_blob", row, "Nothing refers to this blob."));
        }
    }
}
