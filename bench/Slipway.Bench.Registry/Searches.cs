using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Experiments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Bench.Registry;

/// <summary>First pages of the run table out of many runs with 100 metrics each.</summary>
internal static class Searches
{
    private const double MostMs = 300;
    private const int Metrics = 100;

    private static readonly string[] Queries =
    [
        "", "filter=metrics.m5 > 0.5", "filter=metrics.m5 > 0.5 and params.p1 = 'v7'", "filter=params.p1 = 'v7' and metrics.m99 < 0.01", "filter=params.p2 LIKE '%v1%'",
        "filter=tags.team ILIKE 'TEAM-3' and attributes.status IN ('Completed')", "order_by=metrics.m7 DESC", "filter=metrics.m1 > 0.2 and metrics.m2 < 0.9&order_by=metrics.m3 ASC",
        "order_by=params.p1 ASC&order_by=metrics.m1 DESC", "filter=run_name LIKE 'run-2999%'", "filter=metrics.m5 > 2",
    ];

    /// <returns>Whether every first page came in time.</returns>
    public static async Task<bool> RunAsync(int runs, bool postgreSql)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
        var key = await server.KeyAsync("bench", Role.Administrator);
        var clock = Stopwatch.StartNew();
        await SeedAsync(server.Services.GetRequiredService<Database>(), runs);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(postgreSql ? "PostgreSQL" : "SQLite")}: {runs:n0} runs with {Metrics} metrics each, made in {clock.Elapsed.TotalSeconds:0} s"));
        var good = true;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);   // as in Versions: what follows blocks its thread
        using var load = new Load(server.Address, key);
        load.Send("GET /api/v1/experiments", null);
        foreach (var query in Queries)
        {
            var address = $"GET /api/v1/runs?experiment=1&{string.Join('&', query.Split('&').Select(p => p.Split('=', 2) is [var name, var value] ? $"{name}={Uri.EscapeDataString(value)}" : p))}";
            var times = new List<double>();
            var length = 0;
            for (var i = 0; i < 6; i++)
            {
                clock.Restart();
                length = load.Send(address, null).Length;
                times.Add(clock.Elapsed.TotalMilliseconds);
            }

            var median = times.Skip(1).Order().ElementAt(2);
            good &= Goals.Add($"runs by {(query.Length == 0 ? "the latest" : query.Replace("\"", "'", StringComparison.Ordinal))}, ms", median, true, MostMs);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{(query.Length == 0 ? "the latest" : query),-72} first {times[0],5:0} ms, then {median,5:0} ms{(median < MostMs ? "" : "  MISSED")}  {length / 1024} KiB"));
        }

        return good;
    }

    // Written straight to the tables: what is measured is reading them.
    private static async Task SeedAsync(Database database, int runs)
    {
        await using var db = database.Open();
        var now = DateTimeOffset.UtcNow;
        var keys = Enumerable.Range(0, Metrics).Select(i => $"m{i}").Concat(Enumerable.Range(0, 10).Select(i => $"p{i}")).Append("team").Select(n => new RunKey { Name = n }).ToList();
        var experiment = new Experiment { ProjectId = Project.Default, Name = "bench", CreatedBy = "bench", CreatedAt = now };
        experiment.Change(null, null, null, now);
        db.Add(experiment);
        db.AddRange(keys);
        await db.SaveChangesAsync();
        var ids = keys.ToDictionary(k => k.Name, k => k.Id);
        var random = new Random(5);
        for (var from = 0; from < runs; from += 500)
        {
            await using var part = database.Open();
            await using var transaction = await part.Database.BeginTransactionAsync();
            var made = Enumerable.Range(from, Math.Min(500, runs - from)).Select(i =>
            {
                var run = new Run
                {
                    Id = Guid.NewGuid().ToString("N"), ExperimentId = experiment.Id, User = "bench", StartedAt = Run.WholeMilliseconds(now.AddSeconds(-runs + i)),
                };
                run.Describe($"run-{i}", null);
                run.Finish(i % 10 == 0 ? RunStatus.Failed : RunStatus.Completed, null, run.StartedAt.AddSeconds(30));
                return run;
            }).ToList();
            part.AddRange(made);
            await part.SaveChangesAsync();
            await ValuesAsync(part, "run_metrics (run_number, key_id, experiment_id, step, \"timestamp\", \"value\")", made.SelectMany(r => Enumerable.Range(0, Metrics).Select(m =>
                string.Create(CultureInfo.InvariantCulture, $"({r.Number},{ids[$"m{m}"]},{experiment.Id},10,0,{MetricValue.Encode(random.NextDouble())})"))));
            await ValuesAsync(part, "run_parameters (run_number, key_id, experiment_id, \"value\", value_start)", made.SelectMany(r => Enumerable.Range(0, 10).Select(p =>
                random.Next(20) is var v ? string.Create(CultureInfo.InvariantCulture, $"({r.Number},{ids[$"p{p}"]},{experiment.Id},'v{v}','v{v}')") : "")));
            await ValuesAsync(part, "run_tags (run_number, key_id, experiment_id, \"value\", value_start)", made.Select(r =>
                random.Next(9) is var t ? string.Create(CultureInfo.InvariantCulture, $"({r.Number},{ids["team"]},{experiment.Id},'team-{t}','team-{t}')") : ""));
            await transaction.CommitAsync();
        }

        await db.Database.ExecuteSqlRawAsync(database.Kind == "sqlite" ? "SELECT 1" : "VACUUM ANALYZE");
    }

    private static async Task ValuesAsync(SlipwayDbContext db, string into, IEnumerable<string> rows)
    {
        foreach (var part in rows.Chunk(1000))
        {
            await db.Database.ExecuteSqlRawAsync($"INSERT INTO {into} VALUES {string.Join(',', part)}");
        }
    }
}
