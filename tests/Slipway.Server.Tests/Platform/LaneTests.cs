using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

public sealed class LaneTests
{
    [Fact]
    public async Task Who_gives_up_after_it_was_queued_learns_what_became_of_it_and_not_before()
    {
        var (lane, token) = (Echo(), TestContext.Current.CancellationToken);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(token);
        var asked = lane.AskAsync(7, impatient.Token);   // nobody answers yet
        await impatient.CancelAsync();
        Assert.False(asked.IsCompleted);
        await WorkAsync(lane, async () => Assert.Equal(7, await asked.WaitAsync(token)));
    }

    [Fact]
    public async Task One_that_another_attempt_has_carried_out_costs_those_nothing_that_wait_with_it()
    {
        var (lane, token) = (Echo(taken: 2), TestContext.Current.CancellationToken);
        var asked = Enumerable.Range(1, 3).Select(number => lane.AskAsync(number, token)).ToList();
        await WorkAsync(lane, async () =>
        {
            Assert.Equal((1, 3), (await asked[0].WaitAsync(token), await asked[2].WaitAsync(token)));
            await Assert.ThrowsAsync<ClaimTakenException>(() => asked[1].WaitAsync(token));
        });
    }

    private static Lane<int, int> Echo(int? taken = null) => new(
        8, _ => 1,
        (take, _) =>
        {
            var together = take();
            return taken is { } one && together.Contains(one) ? throw new ClaimTakenException() : Task.FromResult(together);
        },
        inTurn: false);

    private static async Task WorkAsync(Lane<int, int> lane, Func<Task> meanwhile)
    {
        using var stop = new CancellationTokenSource();
        var worker = lane.RunAsync(stop.Token);
        await meanwhile();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => worker);
    }
}
