using System.Collections.Concurrent;
using Slipway.Serving.Hosting;
using Slipway.Serving.Onnx;

namespace Slipway.Server.Replicas;

/// <summary>
/// The replicas that live in this process, by the id of their row: what processes are to the others. The loop starts, drains and ends them by the same decisions; the gateway asks for
/// a channel where the route table says that a replica is hosted.
/// </summary>
internal sealed class HostedReplicas(HostedOnnx onnx, ReplicaWake wake, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Guid, HostedSlot> slots = new();

    /// <summary>Null: no such replica lives here. One that an earlier server hosted died with it.</summary>
    public HostedSlot? Find(Guid replica) => slots.GetValueOrDefault(replica);

    /// <summary>Begins to load a model; <see cref="HostedSlot.Seen"/> tells how it goes.</summary>
    /// <param name="log">File that its output is appended to.</param>
    public void Start(Guid replica, ReplicaSetSpec spec, string log)
    {
        var slot = new HostedSlot(time);
        slots[replica] = slot;
        slot.Loading = Task.Run(() => Load(slot, spec, log));
    }

    /// <summary>Forgets a replica that has ended, or ends it.</summary>
    public void Forget(Guid replica)
    {
        if (slots.TryRemove(replica, out var slot))
        {
            slot.Kill();
        }
    }

    /// <summary>Drains all, and ends what has not ended in time.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        foreach (var slot in slots.Values)
        {
            slot.Drain();
        }

        await Task.WhenAll(slots.Values.Select(s => s.Ended)).WaitAsync(patience, time).ContinueWith(_ => { }, TaskScheduler.Default);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (replica, slot) in slots)
        {
            slots.TryRemove(replica, out _);
            slot.Kill();
            await slot.Loading;
            await slot.Ended;
        }
    }

    private void Load(HostedSlot slot, ReplicaSetSpec spec, string log)
    {
        void write(string level, string text, Guid? prediction)
        {
            using var file = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            foreach (var line in HostLogLines.Of(time.GetUtcNow().UtcDateTime, level, ExitReason.Short(text), prediction))
            {
                file.Write(line);
            }
        }

        try
        {
            var (replica, bytes) = onnx.Load(spec.Launch, spec.Deployment, write);
            slot.Loaded(replica, bytes);
            _ = replica.Ended.ContinueWith(_ => wake.Set(), TaskScheduler.Default);
        }
        catch (Exception exception) when (exception is OnnxException or IOException or UnauthorizedAccessException)
        {
            write("ERROR", exception.Message, null);
            slot.Failed(exception is OnnxException { Fault: OnnxFault.OutOfMemory } ? "memory_limit" : "load_failed", ExitReason.Short(exception.Message));
        }

        wake.Set();
    }
}

/// <summary>One replica in this process, from the beginning of its load on.</summary>
internal sealed class HostedSlot(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LinkSeen seen = new(LinkPhase.Connected, null, null, null, null, time.GetTimestamp(), null);
    private bool drains;
    private bool isKilled;

    /// <summary>What a control connection would know of it. It is never silent: what answers pings in a process does not run the model either.</summary>
    public LinkSeen Seen => Volatile.Read(ref seen) with { HeardAt = time.GetTimestamp(), Load = Replica?.Load };

    /// <summary>Null until it is loaded.</summary>
    public HostedReplica? Replica { get; private set; }

    /// <summary>What its model takes in memory, counted once for all that share it; 0 until it is loaded.</summary>
    public long Bytes { get; private set; }

    /// <summary>Nothing of it runs any more, or ever will.</summary>
    public bool HasEnded => failed.Task.IsCompleted || Replica is { Ended.IsCompleted: true };

    public Task Ended => Replica?.Ended ?? failed.Task;

    /// <summary>Why it ended, in the words of the file that a process leaves; null: it runs.</summary>
    public ExitFile? Exit => !HasEnded ? null
        : Seen.FailureCode is { } code ? new ExitFile(code, null, null, time.GetUtcNow(), Seen.FailureMessage)
        : Replica?.Failure is { } failure ? new ExitFile("crashed", null, null, time.GetUtcNow(), ExitReason.Short(failure))
        : new ExitFile(drains ? "drained" : "crashed", null, null, time.GetUtcNow(), drains ? null : "It was ended.");

    internal Task Loading { get; set; } = Task.CompletedTask;

    public void Drain()
    {
        lock (gate)
        {
            drains = true;
            Replica?.Drain();
        }
    }

    public void Kill()
    {
        lock (gate)
        {
            isKilled = true;
            Replica?.Kill();
        }
    }

    internal void Loaded(HostedReplica replica, long bytes)
    {
        lock (gate)
        {
            (Replica, Bytes) = (replica, bytes);
            Volatile.Write(ref seen, seen with { Phase = LinkPhase.Loaded, Loaded = replica.Loaded });
            if (isKilled)
            {
                replica.Kill();
            }
            else if (drains)
            {
                replica.Drain();
            }
        }
    }

    internal void Failed(string code, string message)
    {
        Volatile.Write(ref seen, seen with { Phase = LinkPhase.Failed, FailureCode = code, FailureMessage = message, FailedAt = time.GetTimestamp() });
        failed.TrySetResult();
    }
}
