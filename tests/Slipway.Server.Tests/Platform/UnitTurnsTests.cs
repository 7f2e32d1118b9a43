using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

public sealed class UnitTurnsTests
{
    [Fact]
    public async Task Who_takes_a_turn_alone_waits_for_those_that_run_and_holds_off_those_that_come()
    {
        var (turns, token) = (new UnitTurns(), TestContext.Current.CancellationToken);
        using var running = await turns.TakeAsync(alone: false, token);
        using var beside = await turns.TakeAsync(alone: false, token);
        var alone = turns.TakeAsync(alone: true, token);
        beside.Dispose();
        Assert.False(alone.IsCompleted);
        running.Dispose();
        var turn = await alone;

        var next = turns.TakeAsync(alone: false, token);
        Assert.False(next.IsCompleted);
        turn.Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task Who_wants_to_be_alone_comes_in_its_turn_under_a_standing_queue()
    {
        var (turns, token) = (new UnitTurns(), TestContext.Current.CancellationToken);
        var running = new List<IDisposable>();
        for (var i = 0; i < UnitTurns.Most; i++)
        {
            running.Add(await turns.TakeAsync(alone: false, token));
        }

        var before = turns.TakeAsync(alone: false, token);
        var alone = turns.TakeAsync(alone: true, token);
        var after = Enumerable.Range(0, 3 * UnitTurns.Most).Select(_ => turns.TakeAsync(alone: false, token)).ToList();
        running.ForEach(turn => turn.Dispose());
        (await before).Dispose();
        using (await alone.WaitAsync(TimeSpan.FromMinutes(1), token))
        {
            Assert.DoesNotContain(after, turn => turn.IsCompleted);
        }

        foreach (var turn in after)
        {
            (await turn).Dispose();
        }
    }

    [Fact]
    public async Task Two_that_want_to_be_alone_follow_each_other_and_one_that_gives_up_holds_nothing()
    {
        var (turns, token) = (new UnitTurns(), TestContext.Current.CancellationToken);
        var running = await turns.TakeAsync(alone: false, token);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(token);
        var given = turns.TakeAsync(alone: true, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);

        var (first, second) = (turns.TakeAsync(alone: true, token), turns.TakeAsync(alone: true, token));
        running.Dispose();
        using (await first)
        {
            Assert.False(second.IsCompleted);
        }

        (await second).Dispose();
        (await turns.TakeAsync(alone: false, token)).Dispose();
    }
}
