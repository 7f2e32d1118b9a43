using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Bench.Registry;

/// <summary>Whether a page of a long history of a metric costs what a page costs: the first, the middle and the last one of many values that came in batches.</summary>
internal static class Histories
{
    private const int BatchOf = 500;
    private const int Few = 1_000;

    /// <returns>Whether a page of the long history costs at most 1.5 times one of a history of 1,000 values.</returns>
    public static async Task<bool> RunAsync(int values, bool postgreSql)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
        using var load = new Load(server.Address, await server.KeyAsync("bench", Role.Administrator));
        var (small, large) = (Given(load, Few), Given(load, values));
        PageMs(load, large, "");   // compiled
        var one = PageMs(load, small, Token(Few / 2));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(postgreSql ? "PostgreSQL" : "SQLite")}: a page of 100 of {Few:n0} values {one:0.0} ms"));
        var good = true;
        foreach (var (name, from) in new[] { ("first", 0), ("middle", values / 2), ("last", values - 100) })
        {
            var ms = PageMs(load, large, from == 0 ? "" : Token(from));
            good &= Goals.Add($"the {name} page of {values:n0} values / a page of 1,000", ms / one, true, 1.5);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the {name} page of {values:n0} {ms:0.0} ms: {ms / one:0.00}, at most 1.5{(ms <= 1.5 * one ? "" : "  MISSED")}"));
        }

        return good;
    }

    private static string Given(Load load, int values)
    {
        var answer = load.Send("POST /api/v1/runs", """{"experiment":"bench","create_experiment":true}""");   // it may come in chunks
        var run = JsonSerializer.Deserialize(answer[answer.IndexOf('{')..(answer.LastIndexOf('}') + 1)], ContractsJson.Default.RunInfo)!.Id;
        for (var from = 0; from < values; from += BatchOf)
        {
            var body = new StringBuilder("""{"metrics":[""");
            for (var step = from; step < Math.Min(values, from + BatchOf); step++)
            {
                body.Append(CultureInfo.InvariantCulture, $$"""{{(step == from ? "" : ",")}}{"key":"loss","value":0.5,"step":{{step}},"timestamp":1}""");
            }

            load.Send($"POST /api/v1/runs/{run}/log", body.Append("]}").ToString());
        }

        return run;
    }

    // As the server writes it: the place of the value before.
    private static string Token(int step) => Slipway.Server.Platform.PageQuery.Encode(string.Create(CultureInfo.InvariantCulture, $"{step - 1} 1 {long.MaxValue}"));

    private static double PageMs(Load load, string run, string token)
    {
        var clock = new Stopwatch();
        return Enumerable.Range(0, 9).Select(_ =>
        {
            clock.Restart();
            load.Send($"GET /api/v1/runs/{run}/metrics?key=loss&limit=100&page_token={token}", null);
            return clock.Elapsed.TotalMilliseconds;
        }).Order().ElementAt(4);
    }
}
