using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Slipway.Server.Artifacts;

/// <summary>
/// How a blob lies on the disk: a header, then chunks of 64 KiB, each sealed by AES-256-GCM under the blob's own data key.
/// </summary>
/// <remarks>
/// <code>
/// header  4 magic "SLB1" | 8 size of the content, big-endian | 12 nonce | 32 wrapped data key | 16 tag
/// chunk   up to 65,536 ciphertext | 16 tag
/// </code>
/// A chunk's nonce is its number and whether it is the last, so chunks can be neither reordered nor cut off; the wrapping of the data key covers size and
/// digest, so a blob can be neither resized nor put in the place of another. Each data key seals one content once: nonces never repeat.
/// </remarks>
internal static class BlobFormat
{
    public const int ChunkBytes = 64 * 1024;
    public const int TagBytes = 16;
    public const int KeyBytes = 32;
    public const int HeaderBytes = 4 + 8 + NonceBytes + KeyBytes + TagBytes;
    private const int NonceBytes = 12;

    private static ReadOnlySpan<byte> Magic => "SLB1"u8;

    public static long ChunkCount(long sizeBytes) => sizeBytes == 0 ? 1 : ((sizeBytes - 1) / ChunkBytes) + 1;

    public static long StoredBytes(long sizeBytes) => HeaderBytes + sizeBytes + (ChunkCount(sizeBytes) * TagBytes);

    /// <summary>Twelve bytes: the chunk's number, whether it is the last, zeros.</summary>
    public static void WriteNonce(Span<byte> nonce, long chunk, bool last)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce, chunk);
        nonce[8] = last ? (byte)1 : (byte)0;
    }

    public static byte[] WriteHeader(MasterKey master, ReadOnlySpan<byte> dataKey, long sizeBytes, Digest digest)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(4), sizeBytes);
        var nonce = header.AsSpan(12, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        master.Wrap(nonce, dataKey, header.AsSpan(24, KeyBytes), header.AsSpan(56, TagBytes), Bound(sizeBytes, digest));
        return header;
    }

    /// <exception cref="CorruptBlobException">The header is not one, or not of this blob, or of another master key.</exception>
    public static (byte[] DataKey, long SizeBytes) ReadHeader(MasterKey master, ReadOnlySpan<byte> header, Digest digest)
    {
        if (header.Length != HeaderBytes || !header[..4].SequenceEqual(Magic))
        {
            throw new CorruptBlobException($"Blob {digest} has no header.");
        }

        var size = BinaryPrimitives.ReadInt64BigEndian(header[4..]);
        var dataKey = new byte[KeyBytes];
        try
        {
            master.Unwrap(header.Slice(12, NonceBytes), header.Slice(24, KeyBytes), header.Slice(56, TagBytes), dataKey, Bound(size, digest));
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new CorruptBlobException($"The header of blob {digest} is damaged.", exception);
        }

        return (dataKey, size);
    }

    private static byte[] Bound(long sizeBytes, Digest digest)
    {
        var bound = new byte[4 + 8 + 32];
        Magic.CopyTo(bound);
        BinaryPrimitives.WriteInt64BigEndian(bound.AsSpan(4), sizeBytes);
        digest.Bytes.CopyTo(bound, 12);
        return bound;
    }
}
