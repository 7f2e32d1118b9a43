using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Slipway.EndToEnd.Tests;

/// <summary>A schedule of every minute whose server was away for some of them, and dies while it settles them.</summary>
internal sealed class OverdueSchedule
{
    private const int Minutes = 5;
    private readonly string? postgreSql;
    private int overdue;

    private OverdueSchedule(string? postgreSql) => this.postgreSql = postgreSql;

    public static async Task<OverdueSchedule> PrepareAsync(SlipwayProcess slipway, string? postgreSql)
    {
        var folder = slipway.WritePackage("tick", new Dictionary<string, string> { ["train.py"] = "print('tick')\n", ["config.yaml"] = "base_image: python-system\n" });
        await slipway.MustAsync("schedules", "create", folder, "--name", "tick", "--experiment", "kills", "--cron", "* * * * *");
        return new OverdueSchedule(postgreSql);
    }

    /// <summary>While no server runs: some minutes become overdue, and the next server dies inside their transaction.</summary>
    public async Task KillTickAsync(SlipwayProcess slipway)
    {
        await PutBackAsync(slipway);
        overdue += Minutes;
        slipway.Variables["SLIPWAY_FAILPOINTS"] = "schedules.before_settled=kill@1";
        await slipway.StartAndEndAsync(TimeSpan.FromSeconds(60));
        slipway.Variables.Remove("SLIPWAY_FAILPOINTS");
    }

    /// <summary>Each due time has exactly one record, in order.</summary>
    public async Task CheckAsync(SlipwayProcess slipway)
    {
        var due = new List<DateTimeOffset>();
        await Eventually.TrueAsync(
            async () =>
            {
                var records = (await slipway.GetAsync("/api/v1/schedules/tick/executions?limit=500")).GetProperty("items").EnumerateArray().OrderBy(e => e.GetProperty("number").GetInt32()).ToList();
                Assert.Equal(Enumerable.Range(1, records.Count), records.Select(e => e.GetProperty("number").GetInt32()));
                due = records.ConvertAll(e => e.GetProperty("due_at").GetDateTimeOffset());
                return due.Count >= overdue;
            },
            "what was overdue is settled");
        Assert.Equal(due.Count, due.Distinct().Count());
        Assert.All(due.Zip(due.Skip(1)), pair => Assert.Equal(TimeSpan.FromMinutes(1), pair.Second - pair.First));
    }

    /// <summary>As if it had been settled last some minutes before: its next due time, and those of its records, which must stay in front of it.</summary>
    private async Task PutBackAsync(SlipwayProcess slipway)
    {
        if (postgreSql is null)
        {
            await using var file = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(slipway.DataFolder, "slipway.db"), Pooling = false }.ToString());
            await file.OpenAsync();
            await using var command = file.CreateCommand();
            var ticks = TimeSpan.FromMinutes(Minutes).Ticks.ToString(CultureInfo.InvariantCulture);
            var year = TimeSpan.FromDays(365).Ticks.ToString(CultureInfo.InvariantCulture);   // out of each other's way first: a due time has one record at any moment
            command.CommandText =
                $"UPDATE schedule_executions SET due_at = due_at - {year}; UPDATE schedule_executions SET due_at = due_at + {year} - {ticks}; UPDATE schedules SET next_due_at = next_due_at - {ticks}";
            await command.ExecuteNonQueryAsync();
            return;
        }

        await using var server = new NpgsqlConnection(postgreSql);
        await server.OpenAsync();
        await using var update = new NpgsqlCommand(
            $"UPDATE schedule_executions SET due_at = due_at - interval '365 days'; UPDATE schedule_executions SET due_at = due_at + interval '365 days' - interval '{Minutes} minutes'; "
            + $"UPDATE schedules SET next_due_at = next_due_at - interval '{Minutes} minutes'", server);
        await update.ExecuteNonQueryAsync();
    }
}
