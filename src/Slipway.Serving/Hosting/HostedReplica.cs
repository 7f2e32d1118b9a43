using System.Diagnostics;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Hosting;

/// <summary>
/// A model inside this process behind the contract of a replica: channels bring requests, workers run them (alone on the thread that brought them where that costs an I/O thread
/// next to nothing, else in batches on threads of their own), a drain ends it when the last one is answered.
/// </summary>
public sealed class HostedReplica : IAsyncDisposable
{
    private static readonly TimeSpan DrainPace = TimeSpan.FromMilliseconds(5);

    // A batch is worth waiting for where it saves this much a row, and others come right behind each other.
    private const double WorthwhileSaving = 4e-6;
    private static readonly long Burst = (long)(30e-6 * Stopwatch.Frequency);
    private readonly OnnxModel model;
    private readonly HostedWorker[] workers;
    private readonly QuickRuns quick;
    private readonly Lock gate = new();
    private readonly List<HostedChannel> channels = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ReplicaError? refusal;
    private volatile bool isStopping;
    private bool isDraining;
    private long servedAt;

    /// <param name="name">What answers call the model when a request does not say.</param>
    /// <param name="concurrency">Runs at a time, 1 or more.</param>
    /// <param name="mayBeQuick">Whether requests may be served on the thread that brings them.</param>
    /// <param name="limit">How long an answer may get; null: <see cref="AnswerLimit.Hosted"/>.</param>
    public HostedReplica(OnnxModel model, string name, int concurrency, bool mayBeQuick, HostLog log, double loadMs, AnswerLimit? limit = null)
    {
        this.model = model;
        quick = new QuickRuns(mayBeQuick);
        Queue.WakesWorkers = true;
        workers = [.. Enumerable.Range(0, concurrency).Select(_ => new HostedWorker(new Worker(Queue, model, name, log, limit ?? AnswerLimit.Hosted)))];
        Loaded = new ReplicaLoaded(loadMs, concurrency, model.CanBatch, model.CanBatch ? model.MaxBatch : 1, false, ["predict"]);
        foreach (var worker in workers)
        {
            worker.Thread = new Thread(() => Run(worker), 1 << 20) { IsBackground = true, Name = "hosted model" };
            worker.Thread.Start();
        }
    }

    public ReplicaLoaded Loaded { get; }

    /// <summary>Completes when nothing of it runs any more.</summary>
    public Task Ended => ended.Task;

    /// <summary>What a worker failed with, which ended the replica; null: it has not.</summary>
    public string? Failure { get; private set; }

    internal RequestQueue Queue { get; } = new();

    /// <summary>What requests that may not come in are answered; null: they may.</summary>
    internal ReplicaError? Refusal => refusal;

    /// <summary>Its load, as a process would tell it in a pong.</summary>
    public Pong Load
    {
        get
        {
            var (rows, longest) = (0, 0L);
            foreach (var worker in workers)
            {
                var (size, since) = worker.Worker.Running;
                rows += size;
                longest = Math.Max(longest, size == 0 ? 0 : Environment.TickCount64 - since);
            }

            return new Pong((uint)rows, (uint)Queue.Waiting, Queue.Calls, Queue.Requests, 0, (uint)longest);
        }
    }

    /// <summary>A way to it for one gateway; null when it has ended.</summary>
    public ReplicaChannel? Connect()
    {
        lock (gate)
        {
            if (isStopping)
            {
                return null;
            }

            var channel = new HostedChannel(this);
            channels.Add(channel);
            return channel;
        }
    }

    /// <summary>No new requests; it ends when the last one is answered.</summary>
    public void Drain()
    {
        lock (gate)
        {
            if (isDraining)
            {
                return;
            }

            isDraining = true;
        }

        refusal = new ReplicaError(503, false, false, "draining", "The replica is draining.");
        _ = DrainAsync();
    }

    /// <summary>Ends it now: what is open is lost, and runs are cut off.</summary>
    public void Kill()
    {
        refusal ??= new ReplicaError(503, false, false, "draining", "The replica has been ended.");
        HostedChannel[] all;
        lock (gate)
        {
            if (isStopping)
            {
                return;
            }

            isStopping = true;
            all = [.. channels];
        }

        foreach (var channel in all)
        {
            channel.Close("The replica has ended.");
        }

        foreach (var _ in workers)
        {
            Queue.Signal();
        }

        _ = Task.Run(End);
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await ended.Task;
    }

    /// <summary>Serves a request on this thread, if it is quick, nobody is before it, and no batch would do better: where requests come right behind each other and rows together cost less, they are queued.</summary>
    /// <returns>False: it has to be queued.</returns>
    internal bool TryServe(PredictRequest request)
    {
        var length = request.Body.Length;
        var now = Stopwatch.GetTimestamp();
        if (!quick.Allows(length) || Queue.Waiting > 0 || (now - Volatile.Read(ref servedAt) < Burst && model.CanBatch && model.Size.Saving > WorthwhileSaving))
        {
            return false;
        }

        foreach (var worker in workers)
        {
            if (worker.TryEnter())
            {
                try
                {
                    if (isStopping)
                    {
                        return false;
                    }

                    worker.Worker.Serve(request);
                    var done = Stopwatch.GetTimestamp();
                    Volatile.Write(ref servedAt, done);
                    quick.Observe(length, Stopwatch.GetElapsedTime(now, done).TotalSeconds);
                    return true;
                }
                catch (Exception exception)
                {
                    Crash(exception);
                    return true;
                }
                finally
                {
                    Leave(worker);
                }
            }
        }

        return false;
    }

    /// <summary>Nobody waits for this request any more: a run that is for such requests only is ended.</summary>
    internal void Left(PredictRequest request)
    {
        foreach (var worker in workers)
        {
            worker.Worker.Left(request);
        }
    }

    internal void Gone(HostedChannel channel)
    {
        lock (gate)
        {
            channels.Remove(channel);
        }
    }

    private void Run(HostedWorker worker)
    {
        try
        {
            Loop(worker);
        }
        catch (Exception exception)
        {
            Crash(exception);   // thrown on, it would end the server
        }
    }

    private void Loop(HostedWorker worker)
    {
        while (!isStopping)
        {
            Queue.Wait();
            if (!worker.TryEnter())
            {
                continue;   // whoever is in there signals again when something waits
            }

            try
            {
                if (Queue.Waiting > 0)
                {
                    Work(worker.Worker);
                }
            }
            finally
            {
                Leave(worker);
            }
        }
    }

    private void Work(Worker worker)
    {
        var before = Stopwatch.GetTimestamp();
        worker.Work();
        if (worker.LastAlone is { } length)
        {
            quick.Observe(length, Stopwatch.GetElapsedTime(before).TotalSeconds);
        }
    }

    /// <summary>A signal that found the worker busy is given again, so that nothing that waits is forgotten.</summary>
    private void Leave(HostedWorker worker)
    {
        worker.Leave();
        if (Queue.Waiting > 0)
        {
            Queue.Signal();
        }
    }

    /// <summary>A worker could not even refuse: the replica ends, as a process would, and another comes.</summary>
    private void Crash(Exception exception)
    {
        Failure ??= $"{exception.GetType().Name}: {exception.Message}";
        Kill();
    }

    private async Task DrainAsync()
    {
        while (!isStopping && !CloseIdle())
        {
            await Task.Delay(DrainPace);
        }

        Kill();
    }

    /// <summary>Closes the channels if none has anything open: no request that came in before is lost.</summary>
    private bool CloseIdle()
    {
        HostedChannel[] all;
        lock (gate)
        {
            all = [.. channels];
        }

        return all.All(channel => channel.CloseIfIdle("The replica has drained and ended."));
    }

    private void End()
    {
        try
        {
            foreach (var worker in workers)
            {
                worker.End();
            }

            model.Dispose();
        }
        finally
        {
            ended.TrySetResult();
        }
    }
}

/// <summary>A worker with its thread, and who is in there: its thread or one that brought a request, never both.</summary>
internal sealed class HostedWorker(Worker worker)
{
    private int isTaken;

    public Worker Worker => worker;

    public Thread Thread { get; set; } = null!;

    public bool TryEnter() => Interlocked.CompareExchange(ref isTaken, 1, 0) == 0;

    public void Leave() => Interlocked.Exchange(ref isTaken, 0);

    /// <summary>Waits for its thread and for whoever else is in there, then gives back what it holds of the library.</summary>
    public void End()
    {
        Thread.Join();
        SpinWait.SpinUntil(TryEnter);
        worker.Dispose();
    }
}
