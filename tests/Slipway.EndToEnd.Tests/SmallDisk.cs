using System.Diagnostics;

namespace Slipway.EndToEnd.Tests;

/// <summary>A small file system of its own, in memory. Only root may mount one; without that the test is skipped.</summary>
/// <param name="size">As mount says it: <c>200m</c>.</param>
internal sealed class SmallDisk(string size) : IAsyncDisposable
{
    private string? mounted;

    public async Task MountAsync(string folder)
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root may mount a small file system");
        Assert.SkipUnless(await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size},mode=755", "tmpfs", folder) == 0, "this machine does not let us mount");
        mounted = folder;
    }

    /// <summary>Also while somebody still has a file open on it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (mounted is { } folder)
        {
            mounted = null;
            await RunAsync("umount", "-l", folder);
        }
    }

    public static async Task<int> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
