using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Platform;

namespace Slipway.Testing;

/// <summary>Waits for what a server does by itself.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Not every change of the outside world is told of: processes end by themselves.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(300);

    /// <summary>Looks after each change that the server tells of, and every now and then, until what is seen is as it should be.</summary>
    /// <returns>What was seen last.</returns>
    public static async Task<T> UntilAsync<T>(this TestServer server, Func<Task<T>> look, Func<T, bool> condition)
    {
        using var changes = server.Services.GetRequiredService<Changes>().Subscribe();
        var deadline = TimeProvider.System.GetUtcNow() + Patience;
        while (true)
        {
            var seen = await look();
            if (condition(seen))
            {
                return seen;
            }

            if (TimeProvider.System.GetUtcNow() > deadline)
            {
                throw new TimeoutException($"Still not as expected: {seen}");
            }

            await changes.WaitAsync(LongestPause, TimeProvider.System, CancellationToken.None);
        }
    }
}
