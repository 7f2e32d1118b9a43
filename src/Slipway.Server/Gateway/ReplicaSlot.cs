namespace Slipway.Server.Gateway;

/// <summary>A replica as its set's admission sees it.</summary>
internal sealed class ReplicaSlot(ReplicaLink link)
{
    public ReplicaLink Link => link;

    /// <summary>Requests handed over and not answered; guarded by the admission's lock.</summary>
    public int InFlight { get; set; }

    /// <summary>The control plane lets it take new requests; guarded by the admission's lock.</summary>
    public bool IsReady { get; set; }

    /// <summary>Names the replica in cookies and consistent hashes; never 0.</summary>
    public ulong Tag { get; } = ReplicaChoice.TagOf(link.ReplicaId);

    /// <summary>Failed calls since the last good one; guarded by the admission's lock, read without it as a hint.</summary>
    public int FailuresInARow { get; set; }

    /// <summary>How often it was ejected in a row: each time is longer. Guarded by the admission's lock.</summary>
    public int Ejections { get; set; }

    /// <summary>Passed over until this timestamp; 0: it is not. Guarded by the admission's lock.</summary>
    public long EjectedUntil { get; set; }

    public bool IsEjected => EjectedUntil != 0;

    /// <summary>New requests may go there, now or when it has room.</summary>
    public bool IsUsable => IsReady && EjectedUntil == 0 && link.IsConnected;

    /// <summary>New requests may wait for it: it is usable, or its connection is being made.</summary>
    /// <remarks>Read connecting, connected, connecting: the link may become the one or the other between two reads.</remarks>
    public bool IsPromising => IsReady && EjectedUntil == 0 && (link.IsConnecting || link.IsConnected || link.IsConnecting);
}
