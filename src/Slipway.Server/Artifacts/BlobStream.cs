using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Server.Artifacts;

/// <summary>Reads the plain content of a blob; seeks to any byte at the cost of one chunk. For one reader at a time.</summary>
internal sealed class BlobStream : Stream
{
    private readonly SafeFileHandle file;
    private readonly Digest digest;
    private readonly AesGcm cipher;
    private readonly byte[] sealedChunk = new byte[BlobFormat.ChunkBytes + BlobFormat.TagBytes];
    private readonly byte[] plain = new byte[BlobFormat.ChunkBytes];
    private long loaded = -1;
    private int loadedBytes;

    public BlobStream(SafeFileHandle file, MasterKey master, Digest digest)
    {
        this.file = file;
        this.digest = digest;
        Span<byte> header = stackalloc byte[BlobFormat.HeaderBytes];
        var read = RandomAccess.Read(file, header, 0);
        (var dataKey, Length) = BlobFormat.ReadHeader(master, header[..read], digest);
        if (RandomAccess.GetLength(file) != BlobFormat.StoredBytes(Length))
        {
            throw new CorruptBlobException($"Blob {digest} is cut or has bytes too many.");
        }

        cipher = new AesGcm(dataKey, BlobFormat.TagBytes);
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || (Position >= Length && Length > 0))
        {
            return 0;
        }

        var chunk = Position / BlobFormat.ChunkBytes;
        if (loaded != chunk)
        {
            var (offset, size) = Place(chunk);
            var read = 0;
            while (read < size)
            {
                var got = await RandomAccess.ReadAsync(file, sealedChunk.AsMemory(read, size - read), offset + read, cancellationToken);
                read = got == 0 ? throw new CorruptBlobException($"Blob {digest} is cut.") : read + got;
            }

            Unseal(chunk, size);
        }

        return Take(buffer.Span);
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || (Position >= Length && Length > 0))
        {
            return 0;
        }

        var chunk = Position / BlobFormat.ChunkBytes;
        if (loaded != chunk)
        {
            var (offset, size) = Place(chunk);
            var read = 0;
            while (read < size)
            {
                var got = RandomAccess.Read(file, sealedChunk.AsSpan(read, size - read), offset + read);
                read = got == 0 ? throw new CorruptBlobException($"Blob {digest} is cut.") : read + got;
            }

            Unseal(chunk, size);
        }

        return Take(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin)
    {
        var target = offset + origin switch { SeekOrigin.Current => Position, SeekOrigin.End => Length, _ => 0 };
        ArgumentOutOfRangeException.ThrowIfNegative(target, nameof(offset));
        return Position = target;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            cipher.Dispose();
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private (long Offset, int Size) Place(long chunk)
    {
        var offset = BlobFormat.HeaderBytes + (chunk * (BlobFormat.ChunkBytes + BlobFormat.TagBytes));
        var size = (int)Math.Min(BlobFormat.ChunkBytes, Length - (chunk * BlobFormat.ChunkBytes)) + BlobFormat.TagBytes;
        return (offset, size);
    }

    private void Unseal(long chunk, int size)
    {
        Span<byte> nonce = stackalloc byte[12];
        BlobFormat.WriteNonce(nonce, chunk, last: chunk == BlobFormat.ChunkCount(Length) - 1);
        var bytes = size - BlobFormat.TagBytes;
        try
        {
            cipher.Decrypt(nonce, sealedChunk.AsSpan(0, bytes), sealedChunk.AsSpan(bytes, BlobFormat.TagBytes), plain.AsSpan(0, bytes));
        }
        catch (AuthenticationTagMismatchException exception)
        {
            loaded = -1;
            throw new CorruptBlobException($"Blob {digest} is damaged in chunk {chunk}.", exception);
        }

        (loaded, loadedBytes) = (chunk, bytes);
    }

    private int Take(Span<byte> buffer)
    {
        var start = (int)(Position % BlobFormat.ChunkBytes);
        var count = Math.Min(buffer.Length, loadedBytes - start);
        plain.AsSpan(start, count).CopyTo(buffer);
        Position += count;
        return count;
    }
}
