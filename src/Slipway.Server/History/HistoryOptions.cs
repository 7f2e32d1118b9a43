using System.ComponentModel.DataAnnotations;

namespace Slipway.Server.History;

/// <summary>Bounds and paces of the journal and of the query store. Configuration section <c>Slipway:History</c>.</summary>
internal sealed class HistoryOptions
{
    /// <summary>Bytes of one journal segment. 256 KiB to 256 MiB, default 16 MiB.</summary>
    [Range(256 << 10, 256 << 20)]
    public int SegmentBytes { get; set; } = 16 << 20;

    /// <summary>Bytes that the journal may take on the disk while the store is behind. Above three quarters of it bodies are dropped, at the end records. Default 1 GiB.</summary>
    [Range(1 << 20, 1L << 40)]
    public long JournalBytes { get; set; } = 1L << 30;

    /// <summary>Segments kept ready ahead of the one being written. 1 to 16, default 2.</summary>
    [Range(1, 16)]
    public int SpareSegments { get; set; } = 2;

    /// <summary>Most time between a record and its sync to the disk: what power loss may cost. Default 1 s.</summary>
    public TimeSpan SyncInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Pause of the reader when the journal has nothing new. Default 150 ms.</summary>
    public TimeSpan ReadInterval { get; set; } = TimeSpan.FromMilliseconds(150);

    /// <summary>A partition that has grown to this many bytes is followed by a new one on the same day. Default 2 GB.</summary>
    [Range(1 << 16, 1L << 40)]
    public long PartitionBytes { get; set; } = 2_000_000_000;

    /// <summary>Partitions whose newest prediction is older are dropped. Default 14 days.</summary>
    public TimeSpan RetentionAge { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Stored bytes above which the oldest partitions are dropped. Default 50 GB.</summary>
    [Range(1 << 16, long.MaxValue)]
    public long RetentionBytes { get; set; } = 50_000_000_000;

    /// <summary>Pace of the purge. Default 1 minute.</summary>
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>On PostgreSQL, bodies of at least this many bytes are stored compressed where that makes them smaller; SQLite's blocks are compressed as a whole. Default 1,024.</summary>
    [Range(64, 1 << 20)]
    public int CompressFromBytes { get; set; } = 1024;
}
