using System.Text;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;
using Slipway.Server.Registry;

namespace Slipway.Server.Packages;

/// <summary>The files of a package as they lie in the artifact store.</summary>
internal sealed class PackageFiles(IArtifactStore store, IReadOnlyList<(string Path, long SizeBytes, Digest Digest)> files)
{
    public static PackageFiles Of(IArtifactStore store, VersionSource source) => new(store, [.. source.Files.Select(f => (f.Path, f.SizeBytes, Digest.Parse(f.Sha256)))]);

    public IReadOnlyList<(string Path, long SizeBytes, Digest Digest)> All => files;

    public bool Has(string path) => files.Any(f => f.Path == path);

    /// <summary>The file's text.</summary>
    /// <returns>Null when it is larger than <paramref name="maxBytes"/> or not UTF-8.</returns>
    public async Task<string?> TextAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        var file = files.First(f => f.Path == path);
        if (file.SizeBytes > maxBytes)
        {
            return null;
        }

        await using var content = store.Open(file.Digest);
        var bytes = new byte[file.SizeBytes];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        try
        {
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The first bytes of a file; fewer where it is shorter.</summary>
    public async Task<byte[]> HeadAsync(string path, int bytes, CancellationToken cancellationToken)
    {
        var file = files.First(f => f.Path == path);
        await using var content = store.Open(file.Digest);
        var head = new byte[Math.Min(bytes, file.SizeBytes)];
        await content.ReadExactlyAsync(head, cancellationToken);
        return head;
    }

    /// <summary>Writes chosen files below a folder, readable by everybody, each synced. Their paths were checked when they came.</summary>
    public async Task WriteAsync(string folder, Func<string, bool> wanted, CancellationToken cancellationToken)
    {
        foreach (var file in files.Where(f => wanted(f.Path)))
        {
            var target = SafePath.Resolve(folder, file.Path).Value;   // refused when it came, so it cannot be here
            CreateReadable(Path.GetDirectoryName(target)!);
            await using var content = store.Open(file.Digest);
            await using var written = new FileStream(target, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            });
            await content.CopyToAsync(written, cancellationToken);
            written.Flush(flushToDisk: true);
        }
    }

    /// <summary>A folder that an unprivileged model may read and enter.</summary>
    public static void CreateReadable(string folder) => Directory.CreateDirectory(
        folder,
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
}
