using System.Runtime.InteropServices;

namespace Slipway.Server.Platform;

/// <summary>Gives back to the system what starting has used and serving does not need: once, a moment after the server answers. Afterwards the collector goes on by itself.</summary>
internal sealed partial class StartTrim(IHostApplicationLifetime lifetime, TimeProvider time) : HostedLoop
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IReadOnlySet<(ulong Start, ulong End)> mapped;
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            mapped = CleanPages.Find(File.ReadLines("/proc/self/smaps"));
            await Task.Delay(Moment, time, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = MallocTrim(0);
        CleanPages.LetGo(mapped);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MallocTrim(nuint pad);
}
