using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Slipway.Server.Platform;

/// <summary>What files really take on a disk, which .NET does not tell: blocks, not length (a file may have holes), and when an inode changed, which its owner cannot set.</summary>
internal static partial class SpawnDisk
{
    private const int CurrentFolder = -100, NoFollow = 0x100;
    private const uint Blocks = 0x400, ChangeTime = 0x80;
    private const int BlocksAt = 48, ChangeTimeAt = 96;   // in struct statx, see statx(2)
    private const int BlockBytes = 512;

    /// <summary>Bytes that a file takes, and when it was last written or changed; no link is followed. Null: it has gone.</summary>
    public static (long Bytes, DateTimeOffset ChangedAt)? Of(string path)
    {
        Span<byte> answer = stackalloc byte[256];
        if (StatxCall(CurrentFolder, path, NoFollow, Blocks | ChangeTime, ref MemoryMarshal.GetReference(answer)) != 0)
        {
            return null;
        }

        var (seconds, nanoseconds) = (BinaryPrimitives.ReadInt64LittleEndian(answer[ChangeTimeAt..]), BinaryPrimitives.ReadUInt32LittleEndian(answer[(ChangeTimeAt + sizeof(long))..]));
        return (
            (long)BinaryPrimitives.ReadUInt64LittleEndian(answer[BlocksAt..]) * BlockBytes,
            DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxCall(int folder, string path, int flags, uint mask, ref byte answer);
}
