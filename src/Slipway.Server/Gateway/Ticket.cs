using System.Threading.Tasks.Sources;

namespace Slipway.Server.Gateway;

/// <summary>A request's place in the queue of a replica set: pooled with its exchange, a link of the queue's list.</summary>
internal sealed class Ticket : IValueTaskSource<ReplicaSlot?>
{
    private ManualResetValueTaskSourceCore<ReplicaSlot?> admitted;

    /// <summary>Links of the queue; guarded by its lock.</summary>
    public Ticket? Next { get; set; }

    public Ticket? Previous { get; set; }

    /// <summary>In the queue; guarded by its lock.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Tag of the replica that the caller's cookie names; 0: none.</summary>
    public ulong Pin { get; set; }

    /// <summary>Hash of the caller's session or address; 0: none.</summary>
    public ulong Affinity { get; set; }

    /// <summary>Timestamp by which its request must be answered.</summary>
    public long DeadlineAt { get; set; }

    /// <summary>It was sent away because too little of its time was left; guarded by the queue's lock until it is woken.</summary>
    public bool IsTooLate { get; set; }

    /// <summary>What it was given; guarded by the queue's lock until it is woken.</summary>
    public ReplicaSlot? Slot { get; set; }

    /// <summary>Made ready before it is queued.</summary>
    public void Reset()
    {
        admitted.Reset();
        Slot = null;
        IsTooLate = false;
    }

    /// <summary>Completes with a place on a replica, or with null when it was withdrawn.</summary>
    public ValueTask<ReplicaSlot?> WaitAsync() => new(this, admitted.Version);

    /// <summary>Runs the waiting request on this thread.</summary>
    public void Wake() => admitted.SetResult(Slot);

    ReplicaSlot? IValueTaskSource<ReplicaSlot?>.GetResult(short token) => admitted.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReplicaSlot?>.GetStatus(short token) => admitted.GetStatus(token);

    void IValueTaskSource<ReplicaSlot?>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        admitted.OnCompleted(continuation, state, token, flags);
}
