using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Notifications.Webhooks;
using Slipway.Server.Platform;
using Slipway.Server.Schedules;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Schedules;

public sealed class DueTimesTests
{
    /// <summary>200 by <c>SLIPWAY_RACE_ROUNDS=200</c>.</summary>
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("SLIPWAY_RACE_ROUNDS") ?? "12", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Two_schedulers_that_tick_at_once_give_each_due_time_one_record(string database)
    {
        await using var server = await Databases.StartAsync(database, Still);
        await server.Client.ScheduleAsync("race", change: r => r with { Cron = "* * * * *" });
        var begin = (await ScheduleAsync(server)).NextDueAt!.Value;

        // Each has its own way to the database, as two servers would.
        var schedulers = Enumerable.Range(0, 2).Select(_ => Scheduler(server)).ToList();
        var violations = 0;
        for (var round = 1; round <= Rounds; round++)
        {
            Time(server).Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAll(schedulers.Select(s => Task.Run(() => s.Due.SettleAllAsync(CancellationToken.None))));
            var records = await RecordsAsync(server);
            violations += records.Count == round && records.Select(r => r.DueAt).Distinct().Count() == round ? 0 : 1;
        }

        Assert.Equal(0, violations);
        Assert.Equal(Enumerable.Range(0, Rounds).Select(m => (DateTimeOffset?)begin.AddMinutes(m)), (await RecordsAsync(server)).Select(r => r.DueAt));
        Assert.Equal(Enumerable.Range(1, Rounds), (await RecordsAsync(server)).Select(r => r.Number));
        await DisposeAsync(schedulers);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task The_database_refuses_a_second_record_of_a_due_time(string database)
    {
        await using var server = await Databases.StartAsync(database, Still);
        await server.Client.ScheduleAsync("once");
        await using var db = server.Services.GetRequiredService<Database>().Open();
        var schedule = await db.Set<Schedule>().SingleAsync(TestContext.Current.CancellationToken);
        var due = schedule.NextDueAt!.Value;
        db.Add(Execution.Of(schedule, due, DueOutcome.Overlap, null, due));
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        db.Add(Execution.Of(schedule, due, DueOutcome.ServerDown, null, due));
        await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task When_the_clock_goes_back_and_the_schedule_is_edited_or_resumed_no_due_time_comes_twice(string database)
    {
        await using var server = await Databases.StartAsync(database, Still);
        await server.Client.ScheduleAsync("back", change: r => r with { Cron = "0 * * * *" });
        var (time, due) = (Time(server), server.Services.GetRequiredService<DueTimes>());
        await HoursAsync(3);   // 09:00, 10:00, 11:00

        // By two hours, and an edit that leaves the times as they are: 10:00 and 11:00 lie ahead, and have their records.
        time.SetBack(TimeSpan.FromHours(2));
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/schedules/back", """{"description":"edited"}""")).ShouldSucceedAsync();
        Assert.Equal(12, (await ScheduleAsync(server)).NextDueAt!.Value.Hour);
        await HoursAsync(3);   // 12:00, which the clock shows for the first time

        // And again, over a pause.
        await (await server.Client.PostAsync("/api/v1/schedules/back/pause", null)).ShouldSucceedAsync();
        time.SetBack(TimeSpan.FromHours(2));
        await (await server.Client.PostAsync("/api/v1/schedules/back/resume", null)).ShouldSucceedAsync();
        await HoursAsync(3);   // 13:00

        // Every half hour from now on: what is recorded decides, not what the new times are.
        time.SetBack(TimeSpan.FromHours(1));
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/schedules/back", """{"cron":"*/30 * * * *"}""")).ShouldSucceedAsync();
        await HoursAsync(2);   // 13:30, 14:00, 14:30
        Assert.Equal(
            ["09:00", "10:00", "11:00", "12:00", "13:00", "13:30", "14:00", "14:30"],
            (await RecordsAsync(server)).Select(r => r.DueAt!.Value.ToString("HH:mm", CultureInfo.InvariantCulture)));

        async Task HoursAsync(int hours)
        {
            for (var hour = 0; hour < hours; hour++)
            {
                time.Advance(TimeSpan.FromHours(1));
                await due.SettleAllAsync(CancellationToken.None);
            }
        }
    }

    [Fact]
    public async Task A_week_with_a_crash_a_pause_and_an_edit_leaves_one_record_for_each_due_time()
    {
        await using var server = await Databases.StartAsync(Databases.Sqlite, Still);
        await (await server.Client.PostJsonAsync("/api/v1/webhooks", """{"name":"all","url":"https://localhost:9/"}""")).ShouldSucceedAsync();
        await server.Client.ScheduleAsync("week", change: r => r with { Cron = "0 * * * *", GraceSeconds = 45 * 60 });
        var (time, due) = (Time(server), server.Services.GetRequiredService<DueTimes>());

        // Day by day the server looks each hour; executions never end, so all but the first overlap.
        await HoursAsync(5);
        time.Advance(TimeSpan.FromHours(7.5));          // nobody looks: a crash
        await due.SettleAllAsync(CancellationToken.None);
        await (await server.Client.PostAsync("/api/v1/schedules/week/pause", null)).ShouldSucceedAsync();
        await HoursAsync(3);
        time.Advance(TimeSpan.FromHours(2));            // due in these two hours, and paused then
        await (await server.Client.PostAsync("/api/v1/schedules/week/resume", null)).ShouldSucceedAsync();
        await HoursAsync(2);
        time.Advance(TimeSpan.FromMinutes(61));         // due before the edit: recorded by what held then
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/schedules/week", """{"cron":"30 6 * * *"}""")).ShouldSucceedAsync();
        await HoursAsync(48);

        var records = await RecordsAsync(server);
        Assert.Equal(
            new Dictionary<string, int> { ["queued"] = 1, ["skipped overlap"] = 4 + 1 + 2 + 1 + 2, ["missed server_down"] = 7, ["missed paused"] = 3 + 2 },
            records.GroupBy(r => $"{r.Status.WireName()} {r.Reason}".Trim()).ToDictionary(g => g.Key, g => g.Count()));
        Assert.Equal(records.Count, records.Select(r => r.DueAt).Distinct().Count());
        var told = (await server.Client.GetAsync<Page<NotificationInfo>>("/api/v1/notifications")).Items;
        Assert.Equal(["week missed 7 runs"], told.Select(n => n.Title));   // once for the crash; what was paused or overlapped is not told
        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(
            ["dev.slipway.schedule.fired schedules/week/executions/1", "dev.slipway.schedule.missed schedules/week"],
            await db.Set<OutboxEvent>().OrderBy(e => e.Sequence).Select(e => e.Type + " " + e.Subject).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal("06:30", (await ScheduleAsync(server)).NextDueAt!.Value.ToString("HH:mm", CultureInfo.InvariantCulture));

        async Task HoursAsync(int hours)
        {
            for (var hour = 0; hour < hours; hour++)
            {
                time.Advance(TimeSpan.FromHours(1));
                await due.SettleAllAsync(CancellationToken.None);
            }
        }
    }

    [Fact]
    public async Task Through_the_nights_when_clocks_change_a_schedule_fires_as_previewed()
    {
        var start = new DateTimeOffset(2026, 3, 28, 0, 0, 0, TimeSpan.Zero);
        await using var server = await Databases.StartAsync(Databases.Sqlite, services => Still(services, start));
        await server.Client.ScheduleAsync("dst", change: r => r with { Cron = "30 2 * * *", TimeZone = "Europe/Berlin" });
        var preview = await server.Client.GetAsync<CronPreview>("/api/v1/schedules/preview?cron=30%202%20*%20*%20*&time_zone=Europe%2FBerlin&from=2026-03-28T00:00:00Z&count=4");
        var (time, due) = (Time(server), server.Services.GetRequiredService<DueTimes>());
        for (var quarter = 0; quarter < 4 * 24 * 4; quarter++)
        {
            time.Advance(TimeSpan.FromMinutes(15));
            await due.SettleAllAsync(CancellationToken.None);
        }

        Assert.Equal(preview.Times.Select(t => (DateTimeOffset?)t.ToUniversalTime()), (await RecordsAsync(server)).Select(r => r.DueAt));
        Assert.Equal("2026-03-29 01:00", (await RecordsAsync(server))[1].DueAt!.Value.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));   // 03:00 in Berlin
    }

    /// <summary>A clock that only the test moves, and no loop that would settle or start anything.</summary>
    private static void Still(IServiceCollection services) => Still(services, new DateTimeOffset(2026, 5, 1, 8, 30, 0, TimeSpan.Zero));

    private static void Still(IServiceCollection services, DateTimeOffset start)
    {
        services.AddSingleton<TimeProvider>(new ManualTimeProvider(start));
        services.Remove(services.Single(s => s.ImplementationType == typeof(ScheduleLoop)));
    }

    private static ManualTimeProvider Time(TestServer server) => (ManualTimeProvider)server.Services.GetRequiredService<TimeProvider>();

    private static (DueTimes Due, Writes Writes) Scheduler(TestServer server)
    {
        var (database, time) = (server.Services.GetRequiredService<Database>(), server.Services.GetRequiredService<TimeProvider>());
        var writes = new Writes(database, new Changes(time));
        return (new DueTimes(database, writes, server.Services.GetRequiredService<TellOwner>(), server.Services.GetRequiredService<ScheduleMeter>(), server.Services.GetRequiredService<IOptions<SchedulesOptions>>(), time), writes);
    }

    private static async Task DisposeAsync(List<(DueTimes Due, Writes Writes)> schedulers)
    {
        foreach (var (_, writes) in schedulers)
        {
            await writes.DisposeAsync();
        }
    }

    private static async Task<Schedule> ScheduleAsync(TestServer server)
    {
        await using var db = server.Services.GetRequiredService<Database>().Read();
        return await db.Set<Schedule>().SingleAsync();
    }

    private static async Task<List<Execution>> RecordsAsync(TestServer server)
    {
        await using var db = server.Services.GetRequiredService<Database>().Read();
        return await db.Set<Execution>().OrderBy(e => e.DueAt).ToListAsync();
    }
}
