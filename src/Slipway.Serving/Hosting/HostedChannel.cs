using System.Text.Json;

namespace Slipway.Serving.Hosting;

/// <summary>The gateway's way to a model of its own process: what a connection is to a replica's process, without the socket.</summary>
internal sealed class HostedChannel(HostedReplica replica) : ReplicaChannel, ICaller
{
    private readonly Dictionary<ulong, PredictRequest> requests = []; // that the replica owes a last frame; under the lock
    private byte[] extrasBytes = [];                                  // under the lock
    private PredictExtras extras = new(null, null, null);

    public override Task<LoadOutcome> Loaded { get; } = Task.FromResult(new LoadOutcome(replica.Loaded, null));

    public override ReplicaCall? TryStart(in PredictHead head, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> body)
    {
        ReplicaCall call;
        PredictRequest request;
        lock (Gate)
        {
            if (IsClosed)
            {
                return null;
            }

            call = Begin(body.Length);
            request = new PredictRequest(this, call.Id, head, Parsed(extras));
            requests.Add(call.Id, request);
        }

        if (replica.Refusal is { } refusal)
        {
            Refuse(request, refusal);
            return call;
        }

        request.Append(body);
        if (!head.More && !replica.TryServe(request))
        {
            replica.Queue.Add(request);
        }

        return call;
    }

    public override ValueTask DisposeAsync()
    {
        Close("Closed by the gateway.");
        return default;
    }

    /// <inheritdoc/>
    public bool Close(PredictRequest request)
    {
        lock (Gate)
        {
            return requests.Remove(request.Id);
        }
    }

    /// <inheritdoc/>
    public void Send(FrameBuffer frames)
    {
        var rest = frames.Written.Span;
        var concerned = default((ReplicaCall?, ulong));
        while (Frame.TryRead(rest, out var frame, out var consumed))
        {
            rest = rest[consumed..];
            if (!TakeAnswer(frame, ref concerned))
            {
                throw new ProtocolException($"A {frame.Kind} from a hosted model.");
            }
        }
    }

    /// <summary>Closes the channel: open calls end as lost, and their runs are cut off.</summary>
    public void Close(string reason)
    {
        KeyValuePair<ulong, ReplicaCall>[] lost;
        PredictRequest[] left;
        lock (Gate)
        {
            if (!MarkClosed(out lost))
            {
                return;
            }

            left = [.. requests.Values];
            requests.Clear();
        }

        Finish(reason, lost, left);
    }

    /// <summary>Closes the channel if nothing is open on it; true when it is closed now.</summary>
    public bool CloseIfIdle(string reason)
    {
        lock (Gate)
        {
            if (OpenCount > 0)
            {
                return false;
            }

            if (!MarkClosed(out _))
            {
                return true;
            }
        }

        Finish(reason, [], []);
        return true;
    }

    internal override void SendBody(ReplicaCall call, bool more, ReadOnlySpan<byte> body)
    {
        if (Find(call.Id) is { } request)
        {
            request.IsArriving = more;
            var grant = request.Append(body);
            if (!more)
            {
                replica.Queue.Add(request);
            }
            else if (grant > 0)
            {
                call.OnCredit(request.Id, (uint)grant);
            }
        }
    }

    internal override void SendCredit(ulong id, int grant)
    {
        if (Find(id) is { } request)
        {
            request.Granted += grant;
            request.Answering?.Advance();
        }
    }

    internal override bool Abandon(ulong id)
    {
        PredictRequest? request;
        lock (Gate)
        {
            if (!Forget(id))
            {
                return false;
            }

            requests.Remove(id, out request);
        }

        Leave(request);
        return true;
    }

    private void Finish(string reason, KeyValuePair<ulong, ReplicaCall>[] lost, PredictRequest[] left)
    {
        RaiseClosing();
        Array.ForEach(left, Leave);
        foreach (var (id, call) in lost)
        {
            call.Finish(id, CallOutcome.Lost, null, mayHaveBegun: left.FirstOrDefault(r => r.Id == id)?.HasBegun ?? true);
        }

        replica.Gone(this);
        SetClosed(reason);
    }

    private void Leave(PredictRequest? request)
    {
        if (request is not null)
        {
            request.IsGone = true;
            replica.Left(request);
        }
    }

    private void Refuse(PredictRequest request, ReplicaError refusal)
    {
        if (Close(request))
        {
            using var frames = new FrameBuffer();
            frames.Error(request.Id, refusal);
            Send(frames);
        }
    }

    private PredictRequest? Find(ulong id)
    {
        lock (Gate)
        {
            return requests.GetValueOrDefault(id);
        }
    }

    /// <summary>Under the lock: the extras; those of one deployment are the same again and again.</summary>
    private PredictExtras Parsed(ReadOnlySpan<byte> json)
    {
        if (!json.SequenceEqual(extrasBytes))
        {
            extras = (json.IsEmpty ? null : JsonSerializer.Deserialize(json, ServingJson.Default.PredictExtras)) ?? new PredictExtras(null, null, null);
            extrasBytes = json.ToArray();
        }

        return extras;
    }
}
