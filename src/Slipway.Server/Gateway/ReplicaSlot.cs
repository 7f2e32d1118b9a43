namespace Slipway.Server.Gateway;

/// <summary>A replica as its set's admission sees it.</summary>
internal sealed class ReplicaSlot(ReplicaLink link)
{
    public ReplicaLink Link => link;

    /// <summary>Requests handed over and not answered; guarded by the admission's lock.</summary>
    public int InFlight { get; set; }

    /// <summary>The control plane lets it take new requests; guarded by the admission's lock.</summary>
    public bool IsReady { get; set; }

    /// <summary>New requests may go there, now or when it has room.</summary>
    public bool IsUsable => IsReady && link.IsConnected;

    /// <summary>New requests may wait for it: it is usable, or its connection is being made.</summary>
    /// <remarks>Read connecting, connected, connecting: the link may become the one or the other between two reads.</remarks>
    public bool IsPromising => IsReady && (link.IsConnecting || link.IsConnected || link.IsConnecting);
}
