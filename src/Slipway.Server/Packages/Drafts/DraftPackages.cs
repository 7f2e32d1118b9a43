using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Packages.Drafts;

/// <summary>Packages that are still edited: stored like those of versions, file by file, and unpacked so that what did not change is linked and not written again.</summary>
internal sealed class DraftPackages(
    Database database, Writes writes, Blobs blobs, IArtifactStore store, DataFolders folders, StartUpload uploads, IOptions<ArtifactOptions> options, TimeProvider time)
{
    /// <summary>The content that a version has, as the first draft.</summary>
    /// <returns>Null: there is no such version, or it cannot be patched because it is not Python.</returns>
    public async Task<DraftContent?> OfVersionAsync(Guid version, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var found = await db.Set<ModelVersion>().AsNoTracking().Include(v => v.Files).SingleOrDefaultAsync(v => v.Id == version, cancellationToken);
        return found is not null && RunnerPlan.Read(found.Package.RunnerJson) is { Runtime: "python" } plan
            ? new DraftContent(found.Digest, [.. found.Files.Select(f => new SourceFile(f.Path, f.SizeBytes, f.Sha256)).OrderBy(f => f.Path, StringComparer.Ordinal)], plan.Model)
            : null;
    }

    /// <returns>Null: the owner has no draft with this digest.</returns>
    public async Task<DraftContent?> FindAsync(Guid owner, string digest, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return (await db.Set<PackageDraft>().AsNoTracking().Include(d => d.Files).SingleOrDefaultAsync(d => d.OwnerId == owner && d.Digest == digest, cancellationToken))?.Content;
    }

    /// <returns>The content of one file of a draft.</returns>
    public Stream Open(SourceFile file) => store.Open(Digest.Parse(file.Sha256));

    /// <returns>What the operations make of a draft; stored by nobody yet. See <see cref="DraftPatch.Of"/>.</returns>
    public async Task<Result<DraftPatch>> PatchAsync(DraftContent before, IReadOnlyList<DraftOperation>? operations, CancellationToken cancellationToken)
    {
        var files = Files(before);
        var config = files.Has("config.yaml") ? await files.TextAsync("config.yaml", 1 << 20, cancellationToken) : null;
        return DraftPatch.Of(before, config, operations, options.Value);
    }

    /// <summary>Stores a patched draft: its rows first, so that no sweep takes its blobs, then the blobs, then the folder. Doing it twice changes nothing.</summary>
    /// <param name="from">Digest of a draft or version whose folder has what did not change.</param>
    public async Task StoreAsync(Guid owner, DraftPatch patch, string from, CancellationToken cancellationToken)
    {
        var content = patch.Content;
        await writes.RunAsync(
            async (db, token) =>
            {
                if (!await db.Set<PackageDraft>().AnyAsync(d => d.OwnerId == owner && d.Digest == content.Digest, token))
                {
                    var now = time.GetUtcNow();
                    var id = Guid.CreateVersion7(now);
                    db.Set<PackageDraft>().Add(new PackageDraft
                    {
                        Id = id, OwnerId = owner, Digest = content.Digest, Model = content.Model.GetRawText(), CreatedAt = now,
                        Files = [.. content.Files.Select(f => new PackageDraftFile { DraftId = id, Path = f.Path, SizeBytes = f.SizeBytes, Sha256 = f.Sha256 })],
                    });
                }

                return Result.Done;
            },
            cancellationToken);
        var wanted = content.Files.Select(f => f.Sha256).ToHashSet(StringComparer.Ordinal);
        foreach (var missing in await blobs.MissingAsync([.. patch.Added.Keys.Where(wanted.Contains).Select(Digest.Parse)], cancellationToken))
        {
            var bytes = patch.Added[missing.Hex];
            using var staged = await store.StageAsync(new MemoryStream(bytes, writable: false), bytes.Length, cancellationToken);
            await blobs.AddAsync(staged, cancellationToken);
        }

        await FolderAsync(content, from, cancellationToken);
    }

    /// <summary>The folder with the files of a draft, made when it is not there: whole or absent.</summary>
    /// <param name="from">As in <see cref="StoreAsync"/>; null: every file is written.</param>
    public async Task<string> FolderAsync(DraftContent content, string? from, CancellationToken cancellationToken)
    {
        var folder = folders.PackageOf(content.Digest);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var staged = Path.Combine(folders.Packages, $".unpack-{Guid.NewGuid():N}");
        PackageFiles.CreateReadable(staged);
        try
        {
            var old = from is null ? null : folders.PackageOf(from);
            var known = from is null ? [] : await HashesAsync(from, cancellationToken);
            var linked = new HashSet<string>(StringComparer.Ordinal);
            foreach (var file in content.Files.Where(f => known.GetValueOrDefault(f.Path) == f.Sha256))
            {
                var target = SafePath.Resolve(staged, file.Path).Value;
                PackageFiles.CreateReadable(Path.GetDirectoryName(target)!);
                if (SpawnPosix.Link(SafePath.Resolve(old!, file.Path).Value, target))
                {
                    linked.Add(file.Path);
                }
            }

            await Files(content).WriteAsync(staged, path => !linked.Contains(path), cancellationToken);
            Directory.Move(staged, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // an equal package was unpacked meanwhile
        }
        finally
        {
            if (Directory.Exists(staged))
            {
                Directory.Delete(staged, recursive: true);
            }
        }

        return folder;
    }

    /// <summary>Forgets all drafts of an owner but these, in the unit of the caller.</summary>
    public static async Task KeepAsync(SlipwayDbContext db, Guid owner, IReadOnlyCollection<string> digests, CancellationToken cancellationToken) =>
        db.Set<PackageDraft>().RemoveRange(await db.Set<PackageDraft>().Where(d => d.OwnerId == owner && !digests.Contains(d.Digest)).ToListAsync(cancellationToken));

    /// <summary>An upload with the files of a draft, to make a version of it.</summary>
    public async Task<string> UploadAsync(DraftContent content, Actor by, CancellationToken cancellationToken)
    {
        var upload = uploads.New(by, content.Files.Select(f => (f.Path, f.SizeBytes, f.Sha256)));
        await uploads.AddAsync(upload, by, cancellationToken);
        return upload.Id.ToString();
    }

    private PackageFiles Files(DraftContent content) => new(store, [.. content.Files.Select(f => (f.Path, f.SizeBytes, Digest.Parse(f.Sha256)))]);

    private async Task<Dictionary<string, string>> HashesAsync(string digest, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await db.Set<PackageDraft>().AsNoTracking().Include(d => d.Files).FirstOrDefaultAsync(d => d.Digest == digest, cancellationToken) is { } draft)
        {
            return draft.Files.ToDictionary(f => f.Path, f => f.Sha256);
        }

        var version = await db.Set<ModelVersion>().AsNoTracking().Include(v => v.Files).FirstOrDefaultAsync(v => v.Digest == digest, cancellationToken);
        return version?.Files.ToDictionary(f => f.Path, f => f.Sha256) ?? [];
    }
}
