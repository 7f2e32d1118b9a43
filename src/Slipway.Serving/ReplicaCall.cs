using System.Buffers;
using System.Text.Json;
using System.Threading.Tasks.Sources;

namespace Slipway.Serving;

/// <summary>How a call stands.</summary>
public enum CallOutcome
{
    /// <summary>More of the answer can come.</summary>
    Open,

    /// <summary>The whole answer is here.</summary>
    Complete,

    /// <summary>The model raised after the first chunk: what came is incomplete.</summary>
    Broken,

    /// <summary>The replica answered an error: see <see cref="ReplicaCall.Error"/>.</summary>
    Error,

    /// <summary>The connection to the replica is gone: see <see cref="ReplicaCall.MayHaveBegun"/>.</summary>
    Lost,

    /// <summary>Given up on this side: the caller has gone.</summary>
    Cancelled,

    /// <summary>Given up on this side: the deadline has passed.</summary>
    Expired,
}

/// <summary>
/// One request on a channel, from its <c>predict</c> to its last frame. Pooled by the channel: <see cref="Release"/> once, and do not touch it after.
/// </summary>
/// <remarks>
/// One consumer reads the answer:
/// <code>
/// do
/// {
///     await call.WaitAsync();
///     ended = call.Take(out var bytes);   // Status, ContentType, IsStream are set from the first bytes on
///     … pass bytes on …
///     call.Grant(bytes.Length);
/// }
/// while (!ended);
/// </code>
/// Continuations run on the thread that received the frame: do not block there. <see cref="Abort"/> may come from any thread.
/// </remarks>
public sealed class ReplicaCall : IValueTaskSource
{
    private const int KeptSize = 65_536;
    private const int GrantStep = 65_536;

    private readonly ReplicaChannel channel;
    private readonly Lock gate = new();
    private ManualResetValueTaskSourceCore<bool> answered;
    private TaskCompletionSource? creditCame;
    private bool waiting;
    private bool news;
    private byte[] inbox = [];
    private int inboxLength;
    private byte[] taken = [];
    private int mayReceive;
    private int ungranted;
    private int maySend;
    private byte[] extrasBytes = [];   // as the last answer had them: one model's are the same again and again
    private ResultExtras? extras;

    internal ReplicaCall(ReplicaChannel channel) => this.channel = channel;

    /// <summary>Number on the channel, and version of this pooled object; 0 while idle.</summary>
    public ulong Id { get; private set; }

    public CallOutcome Outcome { get; private set; }

    /// <summary>HTTP status of the answer; 0 before its first frame.</summary>
    public int Status { get; private set; }

    /// <summary>Content type of the answer as the replica named it; not checked.</summary>
    public string ContentType { get; private set; } = "";

    /// <summary>Whether the answer is JSON.</summary>
    public bool IsJson { get; private set; }

    /// <summary>The model yields its answer item by item.</summary>
    public bool IsStream { get; private set; }

    /// <summary>Bytes of JSON before the binary tensors of the answer; null: there are none.</summary>
    public long? JsonLength { get; private set; }

    /// <summary>Whether more than one frame brings the answer.</summary>
    public bool IsLong { get; private set; }

    /// <summary>Set when the outcome is <see cref="CallOutcome.Error"/>.</summary>
    public ReplicaError? Error { get; private set; }

    /// <summary>Whether the replica may have seen the whole request; false: nobody has begun it, and it can go elsewhere.</summary>
    public bool MayHaveBegun { get; private set; }

    /// <summary>Where the last body byte of this request ends in the connection's outgoing bytes; <see cref="long.MaxValue"/> while more follow.</summary>
    internal long SentMark { get; set; }

    internal void Begin(ulong id, int bodyBytes)
    {
        Id = id;
        Outcome = CallOutcome.Open;
        Status = 0;
        ContentType = "";
        IsJson = IsStream = IsLong = false;
        JsonLength = null;
        Error = null;
        MayHaveBegun = true;
        mayReceive = Frame.Credit;
        maySend = Frame.Credit - bodyBytes;
        ungranted = 0;
        inboxLength = 0;
        news = waiting = false;
        creditCame = null;
    }

    /// <summary>Completes when something new is there: the first frame, more bytes, the end. May complete without news.</summary>
    public ValueTask WaitAsync()
    {
        lock (gate)
        {
            if (news)
            {
                news = false;
                return default;
            }

            answered.Reset();
            waiting = true;
            return new ValueTask(this, answered.Version);
        }
    }

    /// <summary>Takes what has come since the last time.</summary>
    /// <param name="bytes">Body bytes, valid until the next call of this method or <see cref="Release"/>.</param>
    /// <returns>True when nothing follows.</returns>
    public bool Take(out ReadOnlyMemory<byte> bytes)
    {
        lock (gate)
        {
            news = false;
            (inbox, taken) = (taken, inbox);
            bytes = taken.AsMemory(0, inboxLength);
            inboxLength = 0;
            return Outcome != CallOutcome.Open;
        }
    }

    /// <summary>Lets the replica send <paramref name="bytes"/> more. Call it when they have been passed on.</summary>
    public void Grant(int bytes)
    {
        ulong id;
        int grant;
        lock (gate)
        {
            ungranted += bytes;
            if (Outcome != CallOutcome.Open || ungranted < GrantStep)
            {
                return;
            }

            (id, grant) = (Id, ungranted);
            mayReceive += ungranted;
            ungranted = 0;
        }

        channel.SendCredit(id, grant);
    }

    /// <summary>Sends a further piece of the body, as the replica's credit allows.</summary>
    /// <param name="more">More pieces follow.</param>
    /// <returns>False when the call ended before all was sent.</returns>
    public async ValueTask<bool> SendBodyAsync(ReadOnlyMemory<byte> body, bool more)
    {
        do
        {
            int size;
            Task? wait = null;
            lock (gate)
            {
                if (Outcome != CallOutcome.Open)
                {
                    return false;
                }

                size = Math.Min(Math.Min(body.Length, maySend), Frame.MaxBody);
                maySend -= size;
                if (size == 0 && !body.IsEmpty)
                {
                    creditCame = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    wait = creditCame.Task;
                }
            }

            if (wait is not null)
            {
                await wait;
                continue;
            }

            channel.SendBody(this, more || size < body.Length, body.Span[..size]);
            body = body[size..];
        }
        while (!body.IsEmpty);
        return true;
    }

    /// <summary>Gives the call up: the consumer wakes with <paramref name="outcome"/>, and the replica is told unless its last frame has come.</summary>
    /// <param name="id">The id that the call had when the caller saw it: a pooled object may be another's by now.</param>
    /// <returns>Whether it was still open.</returns>
    public bool Abort(ulong id, CallOutcome outcome)
    {
        lock (gate)
        {
            if (Id != id || Outcome != CallOutcome.Open)
            {
                return false;
            }
        }

        return channel.Abandon(id) && Finish(id, outcome, null, mayHaveBegun: true);
    }

    /// <summary>Gives the object back. A call that is still open is cancelled.</summary>
    public void Release()
    {
        Abort(Id, CallOutcome.Cancelled);
        lock (gate)
        {
            Id = 0;
            Trim(ref inbox);
            Trim(ref taken);
        }

        channel.Return(this);
    }

    internal void OnResult(ulong id, ResultPayload result)
    {
        bool wake;
        lock (gate)
        {
            if (Id != id || Outcome != CallOutcome.Open)
            {
                return;
            }

            if (Status != 0)
            {
                throw new ProtocolException("A second result for one request.");
            }

            Status = result.Status;
            IsLong = result.More;
            var own = result.Extras.IsEmpty ? null : ReadExtras(result.Extras);
            IsStream = own?.Stream == true;
            JsonLength = own?.JsonLength;
            IsJson = result.Type == BodyType.Json;
            ContentType = result.Type switch
            {
                BodyType.Json => "application/json",
                BodyType.OctetStream => "application/octet-stream",
                BodyType.Text => "text/plain; charset=utf-8",
                _ => own?.ContentType ?? throw new ProtocolException("A result without a content type."),
            };
            Append(result.Body);
            if (!result.More)
            {
                Outcome = CallOutcome.Complete;
            }

            wake = News();
        }

        Wake(wake);
    }

    internal void OnChunk(ulong id, ReadOnlySpan<byte> bytes)
    {
        bool wake;
        lock (gate)
        {
            if (Id != id || Outcome != CallOutcome.Open)
            {
                return;
            }

            if (!IsLong)
            {
                throw new ProtocolException("A chunk before the result that announces it.");
            }

            Append(bytes);
            wake = News();
        }

        Wake(wake);
    }

    internal void OnCredit(ulong id, uint grant)
    {
        TaskCompletionSource? came;
        lock (gate)
        {
            if (Id != id)
            {
                return;
            }

            maySend = (int)Math.Min(Frame.Credit, maySend + (long)grant);
            came = creditCame;
            creditCame = null;
        }

        came?.SetResult();
    }

    /// <summary>Ends the call; false when it had ended or is another's.</summary>
    internal bool Finish(ulong id, CallOutcome outcome, ReplicaError? error, bool mayHaveBegun)
    {
        bool wake;
        TaskCompletionSource? came;
        lock (gate)
        {
            if (Id != id || Outcome != CallOutcome.Open)
            {
                return false;
            }

            Outcome = outcome;
            Error = error;
            MayHaveBegun = mayHaveBegun;
            came = creditCame;
            creditCame = null;
            wake = News();
        }

        came?.SetResult();
        Wake(wake);
        return true;
    }

    void IValueTaskSource.GetResult(short token) => answered.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => answered.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        answered.OnCompleted(continuation, state, token, flags);

    private ResultExtras? ReadExtras(ReadOnlySpan<byte> json)
    {
        if (json.SequenceEqual(extrasBytes))
        {
            return extras;
        }

        try
        {
            extras = JsonSerializer.Deserialize(json, ServingJson.Default.ResultExtras);
            extrasBytes = json.ToArray();
            return extras;
        }
        catch (JsonException)
        {
            throw new ProtocolException("The extras of a result are not JSON.");
        }
    }

    private static void Trim(ref byte[] buffer)
    {
        if (buffer.Length > KeptSize)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        mayReceive -= bytes.Length;
        if (mayReceive < 0)
        {
            throw new ProtocolException("The replica sent more than its credit.");
        }

        if (inbox.Length - inboxLength < bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(1024, Math.Max(inbox.Length * 2, inboxLength + bytes.Length)));
            inbox.AsSpan(0, inboxLength).CopyTo(larger);
            if (inbox.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(inbox);
            }

            inbox = larger;
        }

        bytes.CopyTo(inbox.AsSpan(inboxLength));
        inboxLength += bytes.Length;
    }

    private bool News()
    {
        news = true;
        var wake = waiting;
        waiting = false;
        return wake;
    }

    private void Wake(bool wake)
    {
        if (wake)
        {
            answered.SetResult(true);
        }
    }
}
