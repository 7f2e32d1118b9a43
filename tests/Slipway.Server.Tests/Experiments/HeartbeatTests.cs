using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

public sealed class HeartbeatTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, 0, 1000, false)]     // never sent one: nothing can be concluded
    [InlineData(100, 0, 219, false)]       // 119 s of silence
    [InlineData(100, 0, 221, true)]
    [InlineData(100, 1000, 1100, false)]   // the server itself was away
    [InlineData(100, 1000, 1121, true)]
    public void Silence_is_loss_only_while_somebody_could_have_heard(int? beat, int listeningSince, int now, bool lost) => Assert.Equal(
        lost,
        LostRunDecision.IsLost(beat is { } b ? Start.AddSeconds(b) : null, Start.AddSeconds(listeningSince), Start.AddSeconds(now), TimeSpan.FromMinutes(2)));

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_run_whose_client_vanished_fails_with_the_reason_and_comes_back_with_it(string database)
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await Databases.StartAsync(database, services => services.AddSingleton<TimeProvider>(time));
        var silent = await server.Client.GivenRunAsync();
        var beating = await server.Client.GivenRunAsync();
        await BeatAsync(beating.Id);
        time.Advance(TimeSpan.FromMinutes(3));
        await server.Services.GetRequiredService<LostRuns>().LookAsync(CancellationToken.None);

        Assert.Equal("Running", (await server.Client.RunAsync(silent.Id)).Status);
        var lost = await server.Client.RunAsync(beating.Id);
        Assert.Equal(("Failed", Run.Lost, true), (lost.Status, lost.StatusReason, lost.EndedAt > lost.HeartbeatAt));

        await BeatAsync(beating.Id);
        Assert.Equal(("Running", null), await server.Client.RunAsync(beating.Id) is var back ? (back.Status, back.EndedAt) : default);
        time.Advance(TimeSpan.FromMinutes(3));
        await server.Services.GetRequiredService<LostRuns>().LookAsync(CancellationToken.None);
        var finished = await (await server.Client.PostJsonAsync($"/api/v1/runs/{beating.Id}/finish", """{"status":"Completed"}""")).ReadAsync<RunInfo>();
        Assert.Equal(("Completed", null), (finished.Status, finished.StatusReason));   // it was not lost after all, and says how it ended

        async Task BeatAsync(string id) => await (await server.Client.PostAsync($"/api/v1/runs/{id}/heartbeat", null)).ShouldSucceedAsync();
    }
}
