namespace Slipway.Serving;

/// <summary>
/// The gateway's end of its way to one replica: a connection to a process, or the model of this process itself. Multiplexes requests, answers nothing. Any thread may call any
/// method; continuations of calls run on the thread that brought the frame. No lock is held across I/O or a run.
/// </summary>
public abstract class ReplicaChannel : IAsyncDisposable
{
    private readonly Dictionary<ulong, ReplicaCall> open = [];
    private readonly Stack<ReplicaCall> idle = [];
    private readonly TaskCompletionSource<string> closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong lastId;
    private bool isClosed;

    /// <summary>Completes when the model is ready or has failed; is cancelled when the channel closes before.</summary>
    public abstract Task<LoadOutcome> Loaded { get; }

    /// <summary>Completes with the reason, a sentence, when the replica cannot be reached this way any more.</summary>
    public Task<string> Closed => closed.Task;

    public bool IsClosed => Volatile.Read(ref isClosed);

    /// <summary>Raised once, before the open calls end as <see cref="CallOutcome.Lost"/>; handlers return at once.</summary>
    public event Action<ReplicaChannel>? Closing;

    private protected Lock Gate { get; } = new();

    /// <summary>Sends a request, or its beginning.</summary>
    /// <param name="extras">Empty, or a JSON object of <see cref="PredictExtras"/>.</param>
    /// <param name="body">At most <see cref="Frame.MaxBody"/> bytes less the extras; the rest goes with <see cref="ReplicaCall.SendBodyAsync"/> when <see cref="PredictHead.More"/> is set.</param>
    /// <returns>Null when the channel is closed: nothing was sent.</returns>
    public abstract ReplicaCall? TryStart(in PredictHead head, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> body);

    /// <summary>Takes answers that have come and that nobody has been told of yet, on this thread; returns at once where there are none.</summary>
    public virtual void Look()
    {
    }

    public abstract ValueTask DisposeAsync();

    internal abstract void SendBody(ReplicaCall call, bool more, ReadOnlySpan<byte> body);

    internal abstract void SendCredit(ulong id, int grant);

    /// <summary>Forgets an open request and tells the replica; false when its last frame has come.</summary>
    internal abstract bool Abandon(ulong id);

    internal void Return(ReplicaCall call)
    {
        lock (Gate)
        {
            idle.Push(call);
        }
    }

    /// <summary>Under the lock: a call of a new number.</summary>
    private protected ReplicaCall Begin(int bodyBytes)
    {
        var call = idle.TryPop(out var pooled) ? pooled : new ReplicaCall(this);
        call.Begin(++lastId, bodyBytes);
        open.Add(lastId, call);
        return call;
    }

    /// <summary>Under the lock.</summary>
    private protected int OpenCount => open.Count;

    /// <summary>Under the lock: takes an open call out.</summary>
    private protected bool Forget(ulong id) => open.Remove(id);

    /// <summary>Under the lock: marks the channel closed and takes all open calls; false when it was closed.</summary>
    private protected bool MarkClosed(out KeyValuePair<ulong, ReplicaCall>[] lost)
    {
        lost = [.. open];
        open.Clear();
        return !Interlocked.Exchange(ref isClosed, true);
    }

    private protected void RaiseClosing() => Closing?.Invoke(this);

    private protected void SetClosed(string reason) => closed.TrySetResult(reason);

    /// <summary>Takes a frame of an answer.</summary>
    /// <param name="concerned">Told whose frame it is before it is taken: a malformed one must still end that call.</param>
    /// <returns>False when it is no such frame.</returns>
    private protected bool TakeAnswer(in Frame frame, ref (ReplicaCall? Call, ulong Id) concerned)
    {
        var id = frame.RequestId;
        switch (frame.Kind)
        {
            case FrameKind.Result:
                var result = new ResultPayload(frame.Payload);
                Find(id, remove: !result.More, ref concerned)?.OnResult(id, result);
                return true;
            case FrameKind.Chunk:
                Find(id, remove: false, ref concerned)?.OnChunk(id, frame.Payload);
                return true;
            case FrameKind.End:
                var end = new EndPayload(frame.Payload);
                Find(id, remove: true, ref concerned)?.Finish(id, end.IsBroken ? CallOutcome.Broken : CallOutcome.Complete, null, mayHaveBegun: true);
                return true;
            case FrameKind.Error when id != 0:
                var error = ReplicaError.Read(frame.Payload);
                Find(id, remove: true, ref concerned)?.Finish(id, CallOutcome.Error, error, error.Begun);
                return true;
            case FrameKind.Credit:
                Find(id, remove: false, ref concerned)?.OnCredit(id, Payload.Credit(frame.Payload));
                return true;
            default:
                return false;
        }
    }

    private ReplicaCall? Find(ulong id, bool remove, ref (ReplicaCall? Call, ulong Id) concerned)
    {
        ReplicaCall? found;
        lock (Gate)
        {
            found = remove ? open.Remove(id, out var last) ? last : null : open.GetValueOrDefault(id);
        }

        concerned = (found, id);
        return found;
    }
}
