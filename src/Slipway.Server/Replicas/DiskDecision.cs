namespace Slipway.Server.Replicas;

/// <summary>How much room the disk of the replicas' folders has.</summary>
internal enum DiskRoom
{
    Enough,

    /// <summary>Less than the reserve is left.</summary>
    Low,

    /// <summary>Nobody but root can write another byte.</summary>
    Full,
}

/// <summary>A replica, and what it has written.</summary>
/// <param name="WrittenBytes">Of a ready one: in files that were written since it was ready; else all.</param>
internal readonly record struct DiskWriter(Guid Replica, bool IsReady, long WrittenBytes);

/// <summary>Who is ended for the sake of the disk. Pure.</summary>
internal static class DiskDecision
{
    /// <summary>Bytes: more than the files of a start that writes none of its own.</summary>
    private const long MuchOfDisk = 16 << 20;

    /// <summary>
    /// The one replica that has written the most, if its end helps. While there is some room, that is one that serves and has written a whole reserve, so that there is enough afterwards and nobody has
    /// to follow it; one that does not serve yet is let be, and until then no other goes in its place. Once nothing can be stored any more it is whoever has written much.
    /// </summary>
    /// <returns>Null: nobody.</returns>
    public static Guid? Filler(IEnumerable<DiskWriter> writers, DiskRoom room, long reserveBytes)
    {
        var most = room == DiskRoom.Enough ? default : writers.Where(w => w.WrittenBytes >= (w.IsReady && room == DiskRoom.Low ? reserveBytes : MuchOfDisk)).DefaultIfEmpty().MaxBy(w => w.WrittenBytes);
        return most.Replica != Guid.Empty && (most.IsReady || room == DiskRoom.Full) ? most.Replica : null;
    }
}
