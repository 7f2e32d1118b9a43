using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;

namespace Slipway.Server.Platform;

/// <param name="MaxFiles">Most files.</param>
/// <param name="MaxFileBytes">Largest file.</param>
/// <param name="MaxTotalBytes">All files together.</param>
/// <param name="MaxArchiveBytes">The archive as it comes.</param>
/// <param name="MaxRatio">Expanded bytes per byte of the archive, from the first 16 MiB on.</param>
internal sealed record ArchiveLimits(int MaxFiles, long MaxFileBytes, long MaxTotalBytes, long MaxArchiveBytes, int MaxRatio);

/// <summary>
/// The one place where an archive of somebody else is opened. It names no file on a disk: each entry is handed on as a checked relative path and a stream,
/// and the receiver keeps all of them aside until the whole archive has ended well. Regular files and folders only.
/// </summary>
internal static class ArchiveExtractor
{
    private const long FreeBytes = 16 << 20;

    /// <summary>Reads a <c>.tar.gz</c> to its end, checksum included.</summary>
    /// <param name="pathProblem">The rule for a file's path; what is wrong with it, or null.</param>
    /// <param name="receive">Takes each file; the stream ends with the file.</param>
    /// <returns>Done, 400 <c>bad_archive</c> that names the entry, or 413 <c>too_large</c>.</returns>
    public static async Task<Result> ReadTarGzAsync(
        Stream archive, ArchiveLimits limits, Func<string, string?> pathProblem, Func<string, Stream, Task> receive, CancellationToken cancellationToken)
    {
        var packed = new MeteredStream(archive, limits.MaxArchiveBytes, null);
        await using var gzip = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        var plain = new MeteredStream(gzip, long.MaxValue, () => Math.Max(FreeBytes, packed.Count * limits.MaxRatio));
        var entryName = "";
        try
        {
            await using var tar = new TarReader(plain, leaveOpen: true);
            var names = new HashSet<string>(StringComparer.Ordinal);
            long total = 0;
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                entryName = entry.Name;
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                {
                    continue;
                }

                var (path, isFolder) = Normalise(entry);
                if (Refuse(entry, path, isFolder, pathProblem) is { } refusal)
                {
                    return refusal;
                }

                if (isFolder)
                {
                    continue;
                }

                total += entry.Length;
                if (!names.Add(path))
                {
                    return Bad(entry.Name, "its name is in the archive twice");
                }

                if (names.Count > limits.MaxFiles || entry.Length > limits.MaxFileBytes || total > limits.MaxTotalBytes)
                {
                    return TooLarge(entry.Name);
                }

                await receive(path, entry.DataStream ?? Stream.Null);
            }

            if (names.Count == 0)
            {
                return Refusal.BadRequest("bad_archive", "The archive holds no file.");
            }

            // What follows the last entry counts too. The last four bytes of a gzip are its length: the runtime does not miss them when they are cut off.
            await plain.CopyToAsync(Stream.Null, cancellationToken);
            await packed.CopyToAsync(Stream.Null, cancellationToken);
            return packed.Tail == (uint)plain.Count ? Result.Done : throw new InvalidDataException("The end of the archive is missing.");
        }
        catch (LimitExceededException)
        {
            return TooLarge(entryName);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return Refusal.BadRequest(
                "bad_archive", $"The archive is not a whole .tar.gz{(entryName.Length > 0 ? $"; reading stopped at or after the entry {Shown(entryName)}" : "")}. Make it again and send all of it.");
        }
    }

    private static (string Path, bool IsFolder) Normalise(TarEntry entry)
    {
        var path = entry.Name;
        while (path.StartsWith("./", StringComparison.Ordinal))
        {
            path = path[2..];
        }

        var isFolder = entry.EntryType is TarEntryType.Directory;
        return (isFolder ? path.TrimEnd('/') : path, isFolder);
    }

    private static Refusal? Refuse(TarEntry entry, string path, bool isFolder, Func<string, string?> pathProblem)
    {
        if (!isFolder && entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile))
        {
            var what = entry.EntryType switch
            {
                TarEntryType.SymbolicLink => "a symbolic link",
                TarEntryType.HardLink => "a hard link",
                TarEntryType.Fifo => "a FIFO",
                TarEntryType.BlockDevice or TarEntryType.CharacterDevice => "a device",
                _ => "neither a file nor a folder",
            };
            return Bad(entry.Name, $"it is {what}; only regular files and folders are taken");
        }

        if (isFolder && path is "" or ".")
        {
            return null;
        }

        return pathProblem(path) is { } problem ? Bad(entry.Name, problem) : null;
    }

    private static Refusal Bad(string entry, string why) => Refusal.BadRequest("bad_archive", $"The archive's entry {Shown(entry)} is refused: {why}.");

    private static Refusal TooLarge(string entry) => new(
        413, "too_large", $"The archive is larger than this server takes (number of files, size, or how far it expands){(entry.Length > 0 ? $"; the entry {Shown(entry)} is over the limit" : "")}.");

    private static string Shown(string name) =>
        '"' + string.Concat(name.Take(200).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)) + '"';

    private sealed class LimitExceededException : Exception;

    /// <summary>Counts what is read and stops above a limit.</summary>
    private sealed class MeteredStream(Stream inner, long limit, Func<long>? moving) : Stream
    {
        private readonly byte[] tail = new byte[4];

        public long Count { get; private set; }

        /// <summary>The last four bytes that were read, as a little-endian number.</summary>
        public uint Tail => BinaryPrimitives.ReadUInt32LittleEndian(tail);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer) => Counted(buffer[..inner.Read(buffer)]);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Counted(buffer[..await inner.ReadAsync(buffer, cancellationToken)].Span);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Counted(ReadOnlySpan<byte> read)
        {
            Count += read.Length;
            var last = read[^Math.Min(4, read.Length)..];
            tail.AsSpan(last.Length).CopyTo(tail);
            last.CopyTo(tail.AsSpan(4 - last.Length));
            return Count > limit || (moving is not null && Count > moving()) ? throw new LimitExceededException() : read.Length;
        }
    }
}
