using System.Runtime.InteropServices;
using System.Text;

namespace Slipway.Serving.Onnx;

/// <summary>
/// ONNX Runtime in this process: one environment with one pool of threads that all sessions share. Sessions keep it alive: dispose them first.
/// </summary>
public sealed unsafe partial class OnnxRuntime : IDisposable
{
    private const int LogFatal = 4;   // what goes wrong comes back as an error; its warnings are for those who export models

    internal OrtApi Api { get; }

    internal nint Environment { get; private set; }

    /// <summary>What tensors over our own memory are said to lie in. Lives as long as this.</summary>
    internal nint CpuMemory { get; private set; }

    /// <summary>The library's own; not released.</summary>
    internal nint Allocator { get; }

    private OnnxRuntime(OrtApi api, int threads)
    {
        Api = api;
        nint options, made;
        api.Check(api.CreateThreadingOptions(&options));
        try
        {
            api.Check(api.SetGlobalIntraOpNumThreads(options, threads));
            api.Check(api.SetGlobalInterOpNumThreads(options, 1));
            api.Check(api.SetGlobalSpinControl(options, 0));
            fixed (byte* name = "slipway\0"u8)
            {
                api.Check(api.CreateEnvWithGlobalThreadPools(LogFatal, name, options, &made));
            }

            Environment = made;
        }
        finally
        {
            api.ReleaseThreadingOptions(options);
        }

        api.Check(api.CreateCpuMemoryInfo(1, 0, &made));   // OrtArenaAllocator, OrtMemTypeDefault
        CpuMemory = made;
        api.Check(api.GetAllocatorWithDefaultOptions(&made));
        Allocator = made;
    }

    /// <summary><c>1.30.0</c>.</summary>
    public string Version => Api.LibraryVersion;

    /// <param name="library">Absolute path of <c>libonnxruntime.so.1</c>.</param>
    /// <param name="threads">Threads that one run may use, the caller's included; 1 makes none. They sleep between runs: spinning costs six times the CPU under a paced load.</param>
    /// <exception cref="OnnxException">library_missing.</exception>
    public static OnnxRuntime Load(string library, int threads) => new(OrtApi.Load(library), threads);

    /// <summary>Loads a model from its bytes: it cannot refer to other files.</summary>
    /// <exception cref="OnnxException">It cannot be loaded.</exception>
    public OnnxSession Open(ReadOnlySpan<byte> model)
    {
        var options = Options();
        try
        {
            nint session;
            fixed (byte* bytes = model)
            {
                Api.Check(Api.CreateSessionFromArray(Environment, bytes, (nuint)model.Length, options, &session));
            }

            return new OnnxSession(this, session);
        }
        finally
        {
            Api.ReleaseSessionOptions(options);
        }
    }

    /// <summary>Loads a model from a file; external data are looked for beside it.</summary>
    /// <exception cref="OnnxException">It cannot be loaded.</exception>
    public OnnxSession Open(string path)
    {
        var options = Options();
        try
        {
            nint session;
            fixed (byte* file = Encoding.UTF8.GetBytes($"{path}\0"))
            {
                Api.Check(Api.CreateSession(Environment, file, options, &session));
            }

            return new OnnxSession(this, session);
        }
        finally
        {
            Api.ReleaseSessionOptions(options);
        }
    }

    /// <summary>Gives memory back to the system that closed sessions have left with the C library; else hundreds of MB stay resident.</summary>
    public static void Trim() => _ = MallocTrim(0);

    public void Dispose()
    {
        if (Environment != 0)
        {
            Api.ReleaseMemoryInfo(CpuMemory);
            Api.ReleaseEnv(Environment);
            (Environment, CpuMemory) = (0, 0);
        }
    }

    private nint Options()
    {
        nint options;
        Api.Check(Api.CreateSessionOptions(&options));
        try
        {
            Api.Check(Api.DisablePerSessionThreads(options));
            Api.Check(Api.SetSessionLogSeverityLevel(options, LogFatal));
            fixed (byte* key = "session.intra_op.allow_spinning\0"u8, value = "0\0"u8)
            {
                Api.Check(Api.AddSessionConfigEntry(options, key, value));
            }

            return options;
        }
        catch
        {
            Api.ReleaseSessionOptions(options);
            throw;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
