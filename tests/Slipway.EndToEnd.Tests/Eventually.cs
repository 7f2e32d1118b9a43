using System.Diagnostics;

namespace Slipway.EndToEnd.Tests;

/// <summary>Waits for what another process does; the condition is asked again and again, and the bound is generous.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null, Func<string>? seen = null)
    {
        var since = Stopwatch.GetTimestamp();
        var bound = within ?? TimeSpan.FromSeconds(30);
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < bound, $"Not within {bound.TotalSeconds} s: {what}\n{seen?.Invoke()}");
            await Task.Delay(50);
        }
    }
}
