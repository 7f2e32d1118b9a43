using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Slipway.Server.History;

/// <summary>
/// One mapped segment file, written by many and read by one. Its blocks exist before it is mapped, so writing into it cannot fail.
/// </summary>
/// <remarks>
/// A writer reserves by adding to <c>tail</c>, which is not in the mapping: only who has reserved inside the capacity touches mapped memory, and the reader
/// gives a segment back only after every reservation was committed. So memory is never unmapped under a writer.
/// </remarks>
internal sealed unsafe partial class JournalSegment
{
    private const int PopulateWrite = 23;   // MADV_POPULATE_WRITE
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle file;
    private readonly byte* memory;
    private PaddedLong tail;
    private long end = long.MaxValue;
    private long populated;
    private long synced;
    private Labels labels = Labels.None;
    private int labelCount;
    private JournalSegment? next;

    private JournalSegment(string path, Microsoft.Win32.SafeHandles.SafeFileHandle file, byte* memory, int capacity, SegmentHeader header)
    {
        Path = path;
        this.file = file;
        this.memory = memory;
        Capacity = capacity;
        Header = header;
        tail.Value = JournalLayout.SegmentHeader;
    }

    public string Path { get; }

    public int Capacity { get; }

    public SegmentHeader Header { get; }

    public JournalSegment? Next
    {
        get => Volatile.Read(ref next);
        set => Volatile.Write(ref next, value);
    }

    /// <summary>Bytes reserved so far; at least the capacity when it is full.</summary>
    public long Tail => Volatile.Read(ref tail.Value);

    /// <summary>Where the last record ends, once the segment takes no more; before that, beyond all.</summary>
    public long End => Volatile.Read(ref end);

    /// <summary>Makes the file with all its blocks, maps it and touches its first pages.</summary>
    /// <exception cref="IOException">No space, or the folder cannot be written.</exception>
    public static JournalSegment Create(string folder, int capacity, SegmentHeader header)
    {
        var path = FilePath(folder, header.Sequence);
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            Allocate(handle, capacity);
            Span<byte> bytes = stackalloc byte[JournalLayout.SegmentHeader];
            bytes.Clear();
            JournalLayout.WriteHeader(bytes, header);
            RandomAccess.Write(handle, bytes, 0);
            RandomAccess.FlushToDisk(handle);
            var mapping = Native.Map(0, (nuint)capacity, 1 | 2, 1, handle, 0);   // PROT_READ | PROT_WRITE, MAP_SHARED
            if (mapping == -1)
            {
                throw new IOException($"Mapping a journal segment failed: errno {Marshal.GetLastPInvokeError()}");
            }

            var segment = new JournalSegment(path, handle, (byte*)mapping, capacity, header);
            segment.Populate();
            return segment;
        }
        catch
        {
            handle.Dispose();
            File.Delete(path);
            throw;
        }
    }

    public static string FilePath(string folder, long sequence) => System.IO.Path.Combine(folder, $"{sequence:x16}.segment");

    /// <summary>Reserves <paramref name="size"/> bytes. The one reservation that crosses the end closes the segment.</summary>
    public bool TryReserve(int size, out long offset)
    {
        offset = Interlocked.Add(ref tail.Value, size) - size;
        if (offset + size <= Capacity)
        {
            return true;
        }

        if (offset <= Capacity)
        {
            Volatile.Write(ref end, offset);
        }

        return false;
    }

    /// <summary>Takes no more records.</summary>
    public void Close() => TryReserve(Capacity, out _);

    /// <summary>A reserved place, to be filled and then committed.</summary>
    public Span<byte> At(long offset, int length) => new(memory + offset, length);

    /// <summary>Publishes a filled record: length, checksum, then the stamp, which readers wait for.</summary>
    public void Commit(long offset, int length)
    {
        var record = At(offset, length);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[12..], JournalLayout.Checksum(record[16..]));
        Volatile.Write(ref *(ulong*)(memory + offset), JournalLayout.Stamp(Header.Salt, offset));
    }

    /// <summary>The record at <paramref name="offset"/>; false while it is not committed.</summary>
    public bool TryRead(long offset, out JournalRecord record)
    {
        record = default;
        if (offset >= Math.Min(Tail, Capacity) || Volatile.Read(ref *(ulong*)(memory + offset)) != JournalLayout.Stamp(Header.Salt, offset))
        {
            return false;
        }

        record = new JournalRecord(At(offset, BinaryPrimitives.ReadInt32LittleEndian(At(offset + 8, 4))));
        return true;
    }

    /// <summary>The number of a label here; writes the label's record when it is new. Null: no room.</summary>
    public ushort? LabelOf(RouteLabel route) =>
        Volatile.Read(ref labels).ByReference.TryGetValue(route, out var number) ? number : AddLabel(route);

    /// <summary>Touches the pages that are written next, so that writers do not pay for it. One thread only.</summary>
    public void Populate()
    {
        const int ahead = 1 << 20;
        var from = Math.Max(populated, Math.Min(Tail, Capacity) & ~4095L);
        var to = Math.Min(Capacity, (Math.Min(Tail, Capacity) + ahead) & ~4095L);
        if (to - from < ahead / 2 && to < Capacity)
        {
            return;
        }

        if (to > from)
        {
            _ = Native.Advise((nint)(memory + from), (nuint)(to - from), PopulateWrite);   // a hint: older kernels refuse it
            populated = to;
        }
    }

    /// <summary>Syncs what was written since the last time.</summary>
    public void Sync()
    {
        var until = Math.Min(Tail, Capacity);
        if (until > synced)
        {
            RandomAccess.FlushToDisk(file);
            synced = until;
        }
    }

    /// <summary>Unmaps and deletes. Only when nobody can hold a reservation: closed and read to the end, or never written.</summary>
    public void Delete()
    {
        Unmap();
        File.Delete(Path);
    }

    public void Unmap()
    {
        _ = Native.Unmap((nint)memory, (nuint)Capacity);
        file.Dispose();
    }

    private ushort? AddLabel(RouteLabel route)
    {
        if (!Volatile.Read(ref labels).ByValue.TryGetValue(route, out var number))
        {
            // The record is committed before the number is known to anybody: a reader meets a label before its first use.
            var bytes = JournalLayout.Encode(route);
            var length = JournalLayout.Align(JournalLayout.RecordHeader + bytes.Length);
            var count = Interlocked.Increment(ref labelCount);
            if (count > ushort.MaxValue || !TryReserve(length, out var offset))
            {
                return null;
            }

            number = (ushort)count;
            var record = At(offset, length);
            record[16] = (byte)RecordKind.Label;
            BinaryPrimitives.WriteUInt16LittleEndian(record[18..], number);
            BinaryPrimitives.WriteInt32LittleEndian(record[20..], bytes.Length);
            bytes.CopyTo(record[JournalLayout.RecordHeader..]);
            Commit(offset, length);
        }

        Labels before, after;
        do
        {
            before = Volatile.Read(ref labels);
            after = before.With(route, number);
        }
        while (Interlocked.CompareExchange(ref labels, after, before) != before);
        return number;
    }

    private static void Allocate(Microsoft.Win32.SafeHandles.SafeFileHandle file, int capacity)
    {
        var error = Native.Allocate(file, 0, capacity);
        if (error is 95 or 22)   // EOPNOTSUPP, EINVAL: a file system without it; zeros take the blocks as well
        {
            var zeros = new byte[1 << 16];
            for (long at = 0; at < capacity; at += zeros.Length)
            {
                RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, capacity - at)), at);
            }
        }
        else if (error != 0)
        {
            throw new IOException($"No room for a journal segment of {capacity} bytes: errno {error}");
        }
    }

    /// <summary>Which labels have numbers here; replaced, never changed. References beyond the first thousand are found by value.</summary>
    private sealed class Labels(Dictionary<RouteLabel, ushort> byReference, Dictionary<RouteLabel, ushort> byValue)
    {
        public static readonly Labels None = new(new(ReferenceEqualityComparer.Instance), []);

        public Dictionary<RouteLabel, ushort> ByReference => byReference;

        public Dictionary<RouteLabel, ushort> ByValue => byValue;

        public Labels With(RouteLabel route, ushort number)
        {
            var references = byReference.Count < 1000 ? new Dictionary<RouteLabel, ushort>(byReference, ReferenceEqualityComparer.Instance) { [route] = number } : byReference;
            var values = new Dictionary<RouteLabel, ushort>(byValue);
            values.TryAdd(route, number);
            return new Labels(references, values);
        }
    }

    /// <summary>On a cache line of its own: every writer adds to it.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct PaddedLong
    {
        [FieldOffset(64)]
        public long Value;
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "posix_fallocate64")]
        public static partial int Allocate(Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset, long length);

        [LibraryImport("libc", EntryPoint = "mmap64", SetLastError = true)]
        public static partial nint Map(nint address, nuint length, int protection, int flags, Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset);

        [LibraryImport("libc", EntryPoint = "munmap")]
        public static partial int Unmap(nint address, nuint length);

        [LibraryImport("libc", EntryPoint = "madvise")]
        public static partial int Advise(nint address, nuint length, int advice);
    }
}
