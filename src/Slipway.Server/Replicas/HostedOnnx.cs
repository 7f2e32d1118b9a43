using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Slipway.Server.Runtimes;
using Slipway.Serving.Hosting;
using Slipway.Serving.Onnx;

namespace Slipway.Server.Replicas;

/// <summary>
/// Loads ONNX models into this process. One runtime, made when the first model comes; replicas of one package share a session. What they take is counted: one model above
/// <see cref="ReplicasOptions.HostedModelMib"/>, or all above <see cref="ReplicasOptions.HostedModelsMib"/>, is refused.
/// </summary>
internal sealed class HostedOnnx(OnnxProgram program, IOptions<ReplicasOptions> options) : IDisposable
{
    private const long Mib = 1 << 20;

    /// <summary>What measuring batches may take at load: what is not known then is learnt from requests.</summary>
    private static readonly TimeSpan Trial = TimeSpan.FromMilliseconds(4);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Shared> sessions = new(StringComparer.Ordinal);
    private OnnxRuntime? runtime;

    /// <summary>Models that are loaded, and their bytes together.</summary>
    public (int Models, long Bytes) InUse
    {
        get
        {
            lock (gate)
            {
                return (sessions.Count, sessions.Values.Sum(s => s.Bytes));
            }
        }
    }

    /// <summary>Loads a model, or joins those that have it loaded.</summary>
    /// <returns>The replica, and what its model takes in memory: once for all that share it.</returns>
    /// <exception cref="OnnxException">It cannot be loaded, or is larger than may be.</exception>
    /// <exception cref="IOException">The library or the model's file is missing.</exception>
    public (HostedReplica Replica, long Bytes) Load(RuntimeLaunch launch, string name, HostLog log)
    {
        var started = Stopwatch.GetTimestamp();
        var settings = launch.Model.Deserialize(ReplicasJson.Default.HostedModelSettings) ?? throw new IOException("The build says nothing of the model.");
        var path = Path.Combine(launch.PackageFolder, settings.Module);
        Shared shared;
        lock (gate)
        {
            shared = Share(path);
            shared.Users++;
        }

        try
        {
            var model = new OnnxModel(shared.Session, Math.Clamp(launch.MaxBatch, 1, 4096), settings.Batch ?? true, Trial, () => Release(path, shared));
            var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            log("INFO", $"Loaded into the gateway in {took:0.0} ms by ONNX Runtime {runtime!.Version}; {model.BatchingInWords}", null);
            return (new HostedReplica(model, name, Math.Clamp(launch.PredictConcurrency, 1, 256), !shared.HasLoops, log, took), shared.Bytes);
        }
        catch
        {
            Release(path, shared);
            throw;
        }
    }

    /// <summary>After all that it has loaded has ended.</summary>
    public void Dispose() => runtime?.Dispose();

    /// <summary>Under the lock.</summary>
    private Shared Share(string path)
    {
        if (sessions.TryGetValue(path, out var known))
        {
            return known;
        }

        var size = FolderBytes(path);
        var (one, all) = (options.Value.HostedModelMib, options.Value.HostedModelsMib);
        if (size > one * Mib)
        {
            throw new OnnxException(OnnxFault.NotSupported, $"The model has {size / Mib} MiB; one in the gateway may have {one}. Deploy it with placement replica.");
        }

        if (sessions.Values.Sum(s => s.Bytes) + size > all * Mib)
        {
            throw new OnnxException(OnnxFault.OutOfMemory, $"The models in the gateway may have {all} MiB together. Deploy this one with placement replica.");
        }

        runtime ??= OnnxRuntime.Load(program.Ensure().Library, threads: 1);   // a run computes on the thread that asks for it, and on no other
        var before = ResidentBytes();
        var session = runtime.Open(path);
        return sessions[path] = new Shared(session, Math.Max(size, ResidentBytes() - before), OnnxFile.Read(File.ReadAllBytes(path)).HasLoops);
    }

    private void Release(string path, Shared shared)
    {
        lock (gate)
        {
            if (--shared.Users == 0)
            {
                sessions.Remove(path);
                shared.Session.Dispose();
            }
        }
    }

    /// <summary>Of the model and all that lies beside it, in folders too: external data count, wherever they are.</summary>
    private static long FolderBytes(string path) => new DirectoryInfo(Path.GetDirectoryName(path)!).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    private static long ResidentBytes()
    {
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return long.Parse(pages, System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    private sealed class Shared(OnnxSession session, long bytes, bool hasLoops)
    {
        public OnnxSession Session => session;

        public long Bytes => bytes;

        public bool HasLoops => hasLoops;

        /// <summary>Replicas that run it; under the lock.</summary>
        public int Users { get; set; }
    }
}

/// <summary>The member <c>model</c> of an ONNX launch.</summary>
/// <param name="Module">The model's file, relative to the package.</param>
/// <param name="Batch">False: never several requests in one run.</param>
internal sealed record HostedModelSettings(string Module, bool? Batch = null);
