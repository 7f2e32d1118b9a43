using System.Globalization;
using System.Text;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Bench.Registry;

/// <summary>Durable writes at 8 connections against SQLite's own.</summary>
internal static class Writes
{
    private const int Connections = 8;

    /// <summary>The runtime compiles what runs often a second and a third time; a server that has run for a minute has that behind it.</summary>
    public const double WarmSeconds = 12;

    /// <returns>Whether every bar was reached.</returns>
    public static async Task<bool> RunAsync(double seconds, bool postgreSql, string? only)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
        var key = await server.KeyAsync("bench", Role.Administrator);
        var runs = new string[Connections];
        for (var c = 0; c < Connections; c++)
        {
            runs[c] = (await (await server.Client.PostJsonAsync("/api/v1/runs", """{"experiment":"bench","create_experiment":true}""")).ReadAsync<RunInfo>()).Id;
        }

        Measured[] all =
        [
            new("create run", 1, (_, _) => ("POST /api/v1/runs", """{"experiment":"1"}"""), (rate, y) => rate / y.Commits, 1.0, "x of SQLite's durable commits"),
            new("log metric", 1, (c, i) => ($"POST /api/v1/runs/{runs[c]}/log", $$"""{"metrics":[{"key":"loss","value":0.5,"step":{{i}}}]}"""), (rate, y) => rate / y.Commits, 1.0, "x of SQLite's durable commits"),
            new("log 100 metrics", 100, (c, i) => ($"POST /api/v1/runs/{runs[c]}/log", Batch(i)), (rate, y) => Math.Max(rate / 60_000, rate / y.Rows / 0.4), 1.0, "x of min(60,000 a second, 0.4 of SQLite's batched rows)"),
            new("get run", 1, (c, _) => ($"GET /api/v1/runs/{runs[c]}", null), (rate, _) => rate / 240, 60, "x MLflow's recorded 240 a second"),
        ];
        all = [.. all.Where(a => only is null || a.Name == only)];
        foreach (var one in all)
        {
            await Load.RateAsync(server.Address, key, Connections, WarmSeconds, one.Request);
        }

        var before = Yardstick.Measure(server.DataFolder, Math.Min(2, seconds));
        var rates = new List<double>();
        foreach (var one in all)
        {
            rates.Add(one.Each * await Load.RateAsync(server.Address, key, Connections, seconds, one.Request));
        }

        var after = Yardstick.Measure(server.DataFolder, Math.Min(2, seconds));
        (double Commits, double Rows) yardstick = ((before.Commits + after.Commits) / 2, (before.Rows + after.Rows) / 2);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"SQLite itself: {yardstick.Commits:n0} durable commits a second, {yardstick.Rows:n0} rows a second in commits of 500"));
        var good = true;
        foreach (var (one, rate) in all.Zip(rates))
        {
            var ratio = one.Ratio(rate, yardstick);
            good &= Goals.Add($"{one.Name}, {one.Against}", ratio, false, one.Bar);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.Name,-16} {rate,10:n0} a second  {ratio,6:0.00} {one.Against}, bar {one.Bar:0.0}{(ratio >= one.Bar ? "" : "  MISSED")}"));
        }

        return good;
    }

    private static string Batch(int step)
    {
        var text = new StringBuilder("""{"metrics":[""");
        for (var i = 0; i < 100; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""{{(i == 0 ? "" : ",")}}{"key":"metric_{{i}}","value":{{step + (i / 100.0)}},"step":{{step}}}""");
        }

        return text.Append("]}").ToString();
    }

    private sealed record Measured(
        string Name, int Each, Func<int, int, (string Line, string? Body)> Request, Func<double, (double Commits, double Rows), double> Ratio, double Bar, string Against);
}
