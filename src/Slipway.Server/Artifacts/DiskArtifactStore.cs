using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>Blobs below <c>artifacts/</c> of the data folder: <c>blobs/ab/abcdef…</c> and, until they are published, <c>staging/</c>.</summary>
internal sealed class DiskArtifactStore : IArtifactStore
{
    private readonly string blobs;
    private readonly string staging;
    private readonly MasterKey master;

    public DiskArtifactStore(MasterKey master, IOptions<ServerOptions> options)
    {
        this.master = master;
        var root = Path.Combine(options.Value.DataFolder, "artifacts");
        blobs = Path.Combine(root, "blobs");
        staging = Path.Combine(root, "staging");
        CreatePrivate(root);
        CreatePrivate(blobs);
        CreatePrivate(staging);
    }

    public async Task<StagedBlob> StageAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        var path = Path.Combine(staging, Guid.NewGuid().ToString("N"));
        try
        {
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            var dataKey = RandomNumberGenerator.GetBytes(BlobFormat.KeyBytes);
            var (digest, size) = await SealAsync(file, dataKey, content, maxBytes, cancellationToken);
            RandomAccess.Write(file, BlobFormat.WriteHeader(master, dataKey, size, digest), 0);
            RandomAccess.FlushToDisk(file);
            return new StagedBlob(path, digest, size, size > maxBytes);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    public void Publish(StagedBlob staged)
    {
        var path = PathOf(staged.Digest);
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            CreatePrivate(folder);
            FolderSync.Flush(blobs);
        }

        if (File.Exists(path))
        {
            staged.Dispose();
            return;
        }

        File.Move(staged.File, path);
        Failpoints.Pass("artifacts.after_rename");
        FolderSync.Flush(folder);
    }

    public bool Exists(Digest digest) => File.Exists(PathOf(digest));

    public Stream Open(Digest digest)
    {
        var file = File.OpenHandle(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        try
        {
            return new BlobStream(file, master, digest);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Delete(Digest digest)
    {
        var path = PathOf(digest);
        if (Directory.Exists(Path.GetDirectoryName(path)))
        {
            File.Delete(path);
        }
    }

    public IEnumerable<StoredBlob> List()
    {
        foreach (var file in new DirectoryInfo(blobs).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(blobs, file.FullName);
            var ours = Digest.TryParse(file.Name, out var digest) && file.FullName == PathOf(digest);
            yield return new StoredBlob(ours ? digest : null, name, new DateTimeOffset(file.LastWriteTimeUtc));
        }
    }

    public void SweepStaging(DateTimeOffset before)
    {
        foreach (var file in new DirectoryInfo(staging).EnumerateFiles().Where(f => new DateTimeOffset(f.LastWriteTimeUtc) < before))
        {
            file.Delete();
        }
    }

    /// <summary>Writes the chunks, each when it is known whether another follows.</summary>
    private static async Task<(Digest Digest, long SizeBytes)> SealAsync(
        Microsoft.Win32.SafeHandles.SafeFileHandle file, byte[] dataKey, Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        using var cipher = new AesGcm(dataKey, BlobFormat.TagBytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (current, next) = (new byte[BlobFormat.ChunkBytes], new byte[BlobFormat.ChunkBytes]);
        var sealedChunk = new byte[BlobFormat.ChunkBytes + BlobFormat.TagBytes];
        var nonce = new byte[12];
        long size = 0;
        long offset = BlobFormat.HeaderBytes;
        var length = await content.ReadAtLeastAsync(current, current.Length, throwOnEndOfStream: false, cancellationToken);
        for (long chunk = 0; ; chunk++)
        {
            size += length;
            var following = length < current.Length || size > maxBytes
                ? 0
                : await content.ReadAtLeastAsync(next, next.Length, throwOnEndOfStream: false, cancellationToken);
            hash.AppendData(current, 0, length);
            BlobFormat.WriteNonce(nonce, chunk, last: following == 0);
            cipher.Encrypt(nonce, current.AsSpan(0, length), sealedChunk.AsSpan(0, length), sealedChunk.AsSpan(length, BlobFormat.TagBytes));
            await RandomAccess.WriteAsync(file, sealedChunk.AsMemory(0, length + BlobFormat.TagBytes), offset, cancellationToken);
            offset += length + BlobFormat.TagBytes;
            if (following == 0)
            {
                return (Digest.Of(hash.GetHashAndReset()), size);
            }

            (current, next) = (next, current);
            length = following;
        }
    }

    private string PathOf(Digest digest) => Path.Combine(blobs, digest.Hex[..2], digest.Hex);

    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
