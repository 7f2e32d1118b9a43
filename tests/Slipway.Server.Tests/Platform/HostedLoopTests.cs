using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

/// <summary>How work beside the requests begins and ends.</summary>
public sealed class HostedLoopTests
{
    [Fact]
    public async Task A_loop_that_ends_with_the_server_was_cancelled_and_did_not_fail()
    {
        using var loop = new Loop(token => Task.Delay(Timeout.Infinite, token));
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await loop.Started.Task;
        await loop.StopAsync(TestContext.Current.CancellationToken);
        Assert.True(loop.ExecuteTask!.IsCanceled);
    }

    [Fact]
    public async Task What_a_loop_throws_is_seen()
    {
        using var loop = new Loop(_ => throw new InvalidOperationException("broken"));
        await loop.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidOperationException>(() => loop.ExecuteTask!)).Message);
    }

    [Fact]
    public async Task Each_continuation_leaves_the_thread_that_completes_it()
    {
        var signal = new TaskCompletionSource();   // continues inline, as the sockets do
        var after = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var loop = new Loop(async _ =>
        {
            await signal.Task;
            after.SetResult(Environment.CurrentManagedThreadId);
        });
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await loop.Started.Task;
        var completer = 0;
        var thread = new Thread(() =>
        {
            completer = Environment.CurrentManagedThreadId;
            signal.SetResult();
        });
        thread.Start();
        thread.Join();
        Assert.NotEqual(completer, await after.Task);
    }

    private sealed class Loop(Func<CancellationToken, Task> work) : HostedLoop
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override Task LoopAsync(CancellationToken stoppingToken)
        {
            var running = work(stoppingToken);
            Started.SetResult();
            return running;
        }
    }
}
