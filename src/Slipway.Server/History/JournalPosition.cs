namespace Slipway.Server.History;

/// <summary>How far the store has read: all before it is stored. Kept in the store's own transactions.</summary>
/// <param name="Segment">Sequence of the segment; 0 before the first.</param>
/// <param name="Offset">Offset of the first record in it that is not stored.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct JournalPosition(long Segment, long Offset);
