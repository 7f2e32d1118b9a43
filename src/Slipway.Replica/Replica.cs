using System.Runtime.InteropServices;
using Slipway.Serving;
using Slipway.Serving.Hosting;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;

namespace Slipway.Replica;

/// <summary>One replica from its start to its end, and what its threads share. The main thread, here, loads the model; then it is the first worker.</summary>
internal sealed class Replica
{
    private static readonly TimeSpan Trial = TimeSpan.FromMilliseconds(60);
    private readonly string folder;
    private readonly string library;
    private readonly ReplicaThread thread;
    private readonly ManualResetEventSlim loadAsked = new();
    private volatile Worker[] workers = [];
    private volatile ReplicaError? refusal = new(503, false, false, "not_ready", "The model is not loaded yet.");

    private Replica(string folder, string library, ReplicaSpec spec)
    {
        this.folder = folder;
        this.library = library;
        Spec = spec;
        thread = new ReplicaThread(this);
    }

    public ReplicaSpec Spec { get; }

    public Lock Gate { get; } = new();

    public RequestQueue Queue { get; } = new();

    /// <summary>Who reads the gateways' connections.</summary>
    public ReadingGate Reading { get; } = new();

    /// <summary>Open connections; under <see cref="Gate"/>.</summary>
    public List<Connection> Connections { get; } = [];

    /// <summary>starting, loading, ready, failed or draining; under <see cref="Gate"/>.</summary>
    public string State { get; private set; } = "starting";

    /// <summary>The frame loaded or failed, once there is one; under <see cref="Gate"/>.</summary>
    public FrameBuffer? Outcome { get; private set; }

    /// <summary>What requests that may not come in are answered; null: they may.</summary>
    public ReplicaError? Refusal => refusal;

    /// <summary>Whether a worker waits for frames itself, and no other thread has to unless its run is long.</summary>
    public bool WorkerReads { get; private set; }

    public Worker[] Workers => workers;

    /// <summary>Runs the replica of a folder in this process. Never returns.</summary>
    /// <param name="library">Absolute path of ONNX Runtime.</param>
    public static void Run(string folder, string library)
    {
        try
        {
            var spec = ProcessFiles.ReadSpec(folder);
            Posix.Umask(0x3F);   // 077
            File.Delete(Path.Combine(folder, "exit.json"));
            Posix.RedirectOutput(spec.Log);
            Environment.CurrentDirectory = folder;
            Posix.LeadSession();
            new Replica(folder, library, spec).Run();
        }
        catch (Exception exception)
        {
            ReplicaLog.Write("FATAL", exception.ToString());
            Exit(folder, "crashed", $"{exception.GetType().Name}: {exception.Message}");
        }
    }

    /// <summary>The process ends here.</summary>
    public void Exit(string reason, string? message)
    {
        File.Delete(Spec.Socket);
        Exit(folder, reason, message);
    }

    public void WatchWriting(Connection connection) => thread.WatchWriting(connection);

    /// <summary>Answers a request in the model's stead, if nobody has answered it yet.</summary>
    public void Abandon(PredictRequest request, ReplicaError error)
    {
        if (request.Caller.Close(request))
        {
            request.IsGone = true;
            using var frames = new FrameBuffer();
            frames.Error(request.Id, error);
            request.Caller.Send(frames);
            Left(request);
        }
    }

    /// <summary>Nobody waits for this request any more: a run that is for such requests only is ended.</summary>
    public void Left(PredictRequest request)
    {
        foreach (var worker in workers)
        {
            worker.Left(request);
        }
    }

    /// <summary>No new requests; the process ends when the last one is answered.</summary>
    public void Drain()
    {
        lock (Gate)
        {
            State = "draining";
            refusal = new ReplicaError(503, false, false, "draining", "The replica is draining.");
        }

        thread.Wake();
    }

    /// <summary>The first control connection is there.</summary>
    public void AskToLoad()
    {
        if (State == "starting")
        {
            State = "loading";
        }

        loadAsked.Set();
    }

    public Pong Pong()
    {
        var (rows, longest) = (0, 0L);
        foreach (var worker in workers)
        {
            var (size, since) = worker.Running;
            rows += size;
            longest = Math.Max(longest, size == 0 ? 0 : Environment.TickCount64 - since);
        }

        return new Pong((uint)rows, (uint)Queue.Waiting, Queue.Calls, Queue.Requests, ProcessFiles.ResidentBytes(), (uint)longest);
    }

    private static void Exit(string folder, string reason, string? message)
    {
        ProcessFiles.WriteExit(folder, reason, message);
        Posix.Exit(ProcessFiles.ExitCode(reason));   // at once: native code may be running in other threads
    }

    private void Run()
    {
        thread.Listen();
        ProcessFiles.WritePid(folder);
        thread.Start();
        using var terminated = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                Drain();
            });
        loadAsked.Wait();
        Load();
        if (workers.Length > 0)
        {
            Work(workers[0]);
        }

        Thread.Sleep(Timeout.Infinite);   // the replica's thread ends the process
    }

    /// <summary>A worker's thread. Never returns.</summary>
    private void Work(Worker worker)
    {
        while (true)
        {
            if (WorkerReads)
            {
                lock (Reading.Leader)
                {
                    Reading.Poll(Queue.Waiting > 0 ? 0 : -1);
                }
            }
            else
            {
                Queue.Wait();
            }

            worker.Work();
        }
    }

    private void Load()
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        try
        {
            if (Spec.AddressSpaceBytes is { } limit)
            {
                Posix.LimitAddressSpace(Math.Max(limit, 4L << 30));   // .NET reserves far more than it uses
            }

            var concurrency = Math.Clamp(Spec.PredictConcurrency, 1, 256);
            var runtime = OnnxRuntime.Load(library, Math.Max(1, (int)Math.Ceiling(Spec.CpuCores / concurrency)));
            var session = runtime.Open(Path.Combine(Spec.Package, Spec.Model.Module));
            var model = new OnnxModel(session, Math.Clamp(Spec.MaxBatch, 1, 4096), Spec.Model.Batch ?? true, Trial);
            GC.Collect();            // what the trial has used goes back
            OnnxRuntime.Trim();
            workers = [.. Enumerable.Range(0, concurrency).Select(_ => new Worker(Queue, model, Spec.Replica, ReplicaLog.Write, AnswerLimit.Isolated))];
            Queue.WakesWorkers = concurrency > 1;
            WorkerReads = concurrency == 1;
            foreach (var worker in workers.Skip(1))
            {
                new Thread(() => Work(worker), 512 * 1024) { IsBackground = true, Name = "worker" }.Start();
            }

            ReplicaLog.Write("INFO", $"Loaded in {started.ElapsedMilliseconds} ms by ONNX Runtime {runtime.Version}; {model.BatchingInWords}");
            var loaded = new FrameBuffer();
            loaded.Json(
                FrameKind.Loaded, new ReplicaLoaded(started.ElapsedMilliseconds, concurrency, model.CanBatch, model.CanBatch ? model.MaxBatch : 1, false, ["predict"]),
                ServingJson.Default.ReplicaLoaded);
            Announce("ready", loaded);
        }
        catch (Exception exception) when (exception is OnnxException or IOException or UnauthorizedAccessException)
        {
            var code = exception is OnnxException { Fault: OnnxFault.OutOfMemory } ? "memory_limit" : "load_failed";
            ReplicaLog.Write("ERROR", exception.Message);
            var failed = new FrameBuffer();
            failed.Json(FrameKind.Failed, new ReplicaFailed(code, exception.Message), ServingJson.Default.ReplicaFailed);
            Announce("failed", failed);
            thread.End(code, exception.Message);
        }
    }

    private void Announce(string state, FrameBuffer frame)
    {
        lock (Gate)
        {
            Outcome = frame;
            if (State != "draining")
            {
                State = state;
                refusal = state == "ready" ? null : new ReplicaError(503, false, false, "not_ready", "The model could not be loaded.");
            }

            foreach (var connection in Connections)
            {
                connection.Send(frame);
            }
        }

        thread.Wake();
    }
}
