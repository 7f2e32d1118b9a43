using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections.Features;
using Slipway.Serving;
using Slipway.Server.History;

namespace Slipway.Server.Gateway;

/// <summary>
/// One prediction from its first byte to its last; pooled. The steps, with the same numbers in the code:
/// 1 who asks, 2 for what, 3 the body, 4 a place on a replica, 5 the call, 6 another attempt where that is safe, 7 the answer and its record.
/// </summary>
/// <remarks>Runs on I/O threads from end to end: what takes more than some 20 µs (guarding or copying a large body) hops to the pool first.</remarks>
internal sealed partial class Exchange(Gateway gateway)
{
    private readonly Lock gate = new();
    private readonly Ticket ticket = new();
    private HttpContext context = null!;
    private PredictPath path;
    private PredictionCaller caller;
    private DeploymentTarget? target;
    private VariantTarget? variant;
    private GatewayTable? chosenIn; // the table that the variant is from, until it is asked for a place: the same one need not be asked twice
    private ReplicaSlot? slot;
    private Guid predictionId;
    private DateTimeOffset receivedAt;
    private long startedAt;
    private long queueTicks;
    private long replicaTicks;
    private int attempts;
    private long deadlineAt; // 0: none runs
    private CallOutcome stopped; // why it was given up from outside; guarded by the gate
    private ReplicaCall? call; // guarded by the gate
    private ulong callId;

    /// <summary>Serves one request. Never throws for what a client or a replica does.</summary>
    public async Task RunAsync(HttpContext httpContext, PredictPath predictPath)
    {
        Begin(httpContext, predictPath);
        CancellationTokenRegistration gone = default;
        try
        {
            var error = Identify() ?? Choose(gateway.Table, isFinal: false);
            if (error is null)
            {
                gone = GoneToken(httpContext).UnsafeRegister(static exchange => ((Exchange)exchange!).Stop(CallOutcome.Cancelled), this);
                error = await ReadBodyAsync() ?? await ServeAsync();
            }

            if (error is not null)
            {
                await AnswerErrorAsync(error);
            }
        }
        finally
        {
            // Waits for a running callback of another thread, so that it cannot stop the next request of this object.
            await gone.DisposeAsync();
            End();
        }

        gateway.Return(this);   // last: it may serve another request before this one's task has completed
    }

    /// <summary>Called by the sweep with the time: gives up when the deadline has passed.</summary>
    public void Sweep(long now)
    {
        var deadline = Volatile.Read(ref deadlineAt);
        if (deadline != 0 && now >= deadline)
        {
            Stop(CallOutcome.Expired, now);
        }
    }

    /// <summary>Set when the client has gone. An HTTP/1 connection has one request at a time and its token is there; <c>RequestAborted</c> makes a source for each request.</summary>
    private static CancellationToken GoneToken(HttpContext httpContext) =>
        httpContext.Request.Protocol == HttpProtocol.Http11 && httpContext.Features.Get<IConnectionLifetimeFeature>() is { } connection
            ? connection.ConnectionClosed
            : httpContext.RequestAborted;

    private void Begin(HttpContext httpContext, PredictPath predictPath)
    {
        context = httpContext;
        path = predictPath;
        startedAt = Stopwatch.GetTimestamp();
        receivedAt = gateway.Time.GetUtcNow();
        predictionId = gateway.Ids.Next(receivedAt);
        caller = default;
        target = null;
        variant = null;
        chosenIn = null;
        slot = null;
        queueTicks = replicaTicks = 0;
        attempts = 0;
        BeginRouting();
        lock (gate)
        {
            stopped = CallOutcome.Open;
        }
    }

    private void End()
    {
        Volatile.Write(ref deadlineAt, 0);
        context = null!;
        EndRouting();
        ReleaseBody();
    }

    /// <summary>Gives the request up, whatever it is doing: the waiting step wakes and sees why.</summary>
    /// <param name="due">Only if its deadline has passed at this time: the object may serve another request by now.</param>
    private void Stop(CallOutcome why, long due = long.MaxValue)
    {
        ReplicaCall? running;
        ulong id;
        VariantTarget? waitingFor;
        lock (gate)
        {
            if (stopped != CallOutcome.Open || (why == CallOutcome.Expired && (deadlineAt == 0 || due < deadlineAt)))
            {
                return;
            }

            stopped = why;
            running = call;
            id = callId;
            waitingFor = variant;
        }

        if (running is not null)
        {
            running.Abort(id, why);
        }
        else
        {
            waitingFor?.Admission.Withdraw(ticket);
        }
    }

    private CallOutcome Stopped
    {
        get
        {
            lock (gate)
            {
                return stopped;
            }
        }
    }

    /// <summary>2: the deployment, the revision by number or weight, its variant.</summary>
    /// <param name="isFinal">False before the body is there, see <see cref="Route"/>.</param>
    private GatewayError? Choose(GatewayTable table, bool isFinal = true)
    {
        var value = context.Request.Path.Value.AsSpan();
        var found = path.IsKey
            ? table.Find(value[1..(path.Name + path.NameLength)])
            : table.Find(path.HasScope ? value.Slice(1, path.ScopeLength) : caller.DefaultEnvironment ?? "production", value.Slice(path.Name, path.NameLength));
        if (found is null || found.Route.State == Deployments.RouteState.Stopped)
        {
            return GatewayErrors.NotFound;
        }

        target = found;
        if (found.Route.State == Deployments.RouteState.NotReady)
        {
            return GatewayErrors.NotReady;
        }

        VariantTarget? chosen = null;
        var isProvisional = false;
        if (primaryError is not null)
        {
            chosen = FallbackIn(found);
            if (chosen is null)
            {
                return primaryError;
            }
        }
        else if (path.VersionLength > 0)
        {
            chosen = found.Versioned(value.Slice(path.Version, path.VersionLength));
        }
        else if ((path.Revision == 0 ? found.Choose(gateway.Random) : found.Numbered(path.Revision)) is { } revision)
        {
            isProvisional = !isFinal && revision.Route.Router is not null;
            var wrong = Route(revision, isFinal, out chosen);
            if (wrong is not null)
            {
                return wrong;
            }
        }

        if (chosen is null)
        {
            return path.VersionLength > 0 ? GatewayErrors.VersionNotLive : path.Revision == 0 ? GatewayErrors.NotReady : GatewayErrors.RevisionNotLive;
        }

        lock (gate)
        {
            variant = chosen;
        }

        chosenIn = isFinal || isProvisional ? null : table;
        return isProvisional ? null : chosen.Refusal(path.Form);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GatewayError?> ServeAsync()
    {
        ticket.DeadlineAt = Stopwatch.GetTimestamp() + (long)(target!.Route.Timeout.TotalSeconds * Stopwatch.Frequency);
        Volatile.Write(ref deadlineAt, ticket.DeadlineAt);
        var error = await AdmitAsync(); // 4
        while (true)
        {
            if (error is null)
            {
                attempts++;
                tried++;
                error = await CallAsync(); // 5, and 7 when it went well
                if (error is null)
                {
                    return null;
                }

                if (MayTryAgain(error))
                {
                    // 6
                    await Task.Delay(gateway.Options.RetryPause * (1 << (tried - 1)), gateway.Time);
                    var failed = slot!;
                    slot = variant!.Admission.EnterAgain(ticket, failed);
                    error = Stopped != CallOutcome.Open ? StopError() : slot is not null ? null : await AdmitAsync();
                    continue;
                }
            }

            if (!FallBack(error))
            {
                return error;
            }

            error = await AdmitAsync();
        }
    }

    private bool MayTryAgain(GatewayError error) => primaryError is null && choice?.Variant.Route.Retries is { } retries
        ? MayRetryHere(error, retries)
        : error.IsPassing && tried < gateway.Options.MaxAttempts && !isStreamedBody && MayGoOn && (!error.MayHaveBegun || target!.Route.Idempotent);

    /// <summary>4: a place on a replica of the chosen variant. A table that came meanwhile is asked again, so that a swap never refuses what the new one would take.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GatewayError?> AdmitAsync()
    {
        var since = Stopwatch.GetTimestamp();
        for (var asked = 0; asked < 8;)
        {
            var table = gateway.Table;
            if (chosenIn != table && Choose(table) is { } error)
            {
                return error;
            }

            chosenIn = null;
            var admission = variant!.Admission;
            SetAffinity();
            var admitted = admission.Enter(ticket, target!.Route.MaxQueue, out slot);
            switch (admitted)
            {
                case Admitted.Now:
                    queueTicks += Stopwatch.GetTimestamp() - since;
                    return null;
                case Admitted.Full:
                    admission.Look();
                    return GatewayErrors.QueueFull(admission.RetryAfterSeconds);
                case Admitted.TooLate:
                    admission.Look();
                    return GatewayErrors.Overloaded(admission.RetryAfterSeconds);
                case Admitted.NoneReady when gateway.Table == table:
                    if (Stopped != CallOutcome.Open)
                    {
                        queueTicks += Stopwatch.GetTimestamp() - since;
                        return StopError();
                    }

                    // A replica that is said to be ready and cannot be reached is between two connections more often than it is gone.
                    if (!admission.ExpectsReplica || Stopwatch.GetElapsedTime(since) >= gateway.Options.ReadyGrace)
                    {
                        return GatewayErrors.NoReplica;
                    }

                    await Task.Delay(gateway.Options.RetryPause, gateway.Time);
                    continue;
                case Admitted.Queued or Admitted.Parked:
                    if (admitted == Admitted.Parked)
                    {
                        gateway.Park(admission);
                    }

                    if (Stopped != CallOutcome.Open)
                    {
                        admission.Withdraw(ticket);
                    }

                    admission.Look();
                    slot = await ticket.WaitAsync();
                    if (slot is not null)
                    {
                        queueTicks += Stopwatch.GetTimestamp() - since;
                        return null;
                    }

                    if (Stopped != CallOutcome.Open)
                    {
                        queueTicks += Stopwatch.GetTimestamp() - since;
                        return StopError();
                    }

                    if (ticket.IsTooLate)
                    {
                        queueTicks += Stopwatch.GetTimestamp() - since;
                        return Stopwatch.GetTimestamp() < ticket.DeadlineAt ? GatewayErrors.Overloaded(admission.RetryAfterSeconds) : GatewayErrors.QueueDeadline;
                    }

                    break;
            }

            asked++;
        }

        return GatewayErrors.NoReplica;
    }

    private GatewayError StopError() => Stopped == CallOutcome.Expired ? attempts == 0 ? GatewayErrors.QueueDeadline : GatewayErrors.Deadline : GatewayErrors.ClientGone;
}
