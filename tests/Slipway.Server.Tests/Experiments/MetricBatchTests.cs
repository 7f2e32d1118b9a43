using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

/// <summary>Values that come many at a time are kept packed; nobody who reads them can tell.</summary>
public sealed class MetricBatchTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Values_that_came_alone_and_together_are_one_history_in_which_nothing_is_twice(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        await server.Client.LoggedAsync(run.Id, Batch(0, 12));
        await server.Client.LoggedAsync(run.Id, Batch(0, 12));                                                    // its answer was lost
        await server.Client.LoggedAsync(run.Id, """{"metrics":[{"key":"m","value":5,"step":5,"timestamp":7},{"key":"m","value":99,"step":-1,"timestamp":7}]}""");   // one is known
        await server.Client.LoggedAsync(run.Id, Batch(10, 30) with { Parameters = """{"lr":"0.1"}""" });            // overlaps; not by itself
        await server.Client.LoggedAsync(run.Id, """{"metrics":[{"key":"alone","value":1}]}""");

        var steps = new List<long>();
        for (var token = ""; token is not null;)
        {
            var page = await server.Client.GetAsync<Page<MetricPoint>>($"/api/v1/runs/{run.Id}/metrics?key=m&limit=7&page_token={token}");
            steps.AddRange(page.Items.Select(p => p.Step));
            token = page.NextPageToken;
        }

        Assert.Equal(Enumerable.Range(-1, 41).Select(i => (long)i), steps);
        var series = (await server.Client.GetAsync<Page<MetricSeries>>($"/api/v1/runs/{run.Id}/series?points=2")).Items;
        Assert.Equal([("alone", 1), ("m", 41), ("other", 40)], series.Select(s => (s.Key, s.Count)));
        Assert.Equal([99, 39], series[1].Points.Select(p => p.Value));
        Assert.Equal(39, (await server.Client.RunAsync(run.Id)).Metrics["m"].Value);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_long_history_out_of_order_pages_exactly_and_its_series_are_thinned_to_the_bound(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        for (var block = 29; block >= 0; block--)   // the latest come first; each second block of "m" comes alone, nine at a time, and overlaps the batch after it
        {
            if (block % 2 == 0)
            {
                await server.Client.LoggedAsync(run.Id, Batch(block * 50, 60));
                continue;
            }

            var steps = Enumerable.Range(block * 50, 50).Chunk(9);
            foreach (var few in steps)
            {
                await server.Client.LoggedAsync(run.Id, $$"""{"metrics":[{{string.Join(',', few.Select(i => $$"""{"key":"m","value":{{i}},"step":{{i}},"timestamp":7}"""))}}]}""");
            }
        }

        var read = new List<(long Step, double Value)>();
        for (var token = ""; token is not null;)
        {
            var page = await server.Client.GetAsync<Page<MetricPoint>>($"/api/v1/runs/{run.Id}/metrics?key=m&limit=97&page_token={token}");
            read.AddRange(page.Items.Select(p => (p.Step, p.Value)));
            Assert.True(page.NextPageToken is null || page.Items.Count == 97);
            token = page.NextPageToken;
        }

        Assert.Equal(Enumerable.Range(0, 1500).Select(i => ((long)i, (double)i)), read);
        var series = (await server.Client.GetAsync<Page<MetricSeries>>($"/api/v1/runs/{run.Id}/series?points=11")).Items;
        Assert.Equal([("m", 1500), ("other", 900)], series.Select(s => (s.Key, s.Count)));
        Assert.Equal([0, 150, 300, 450, 600, 750, 900, 1050, 1200, 1350, 1499], series[0].Points.Select(p => p.Step));
        Assert.InRange(series[1].Points.Count, 9, 11);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_page_reads_the_batches_of_its_own_steps_and_misses_none(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        long[] bases = [long.MinValue, -5000, -12, 0, 4090, 8192, 100_000, long.MaxValue - 50];   // across the ends of stretches, and far apart
        var expected = new SortedSet<long>();
        foreach (var spread in new long[] { 1, 4, 3 })   // the later ones lie between the earlier ones
        {
            var steps = bases.SelectMany(b => Enumerable.Range(0, 12).Select(i => b + (i * spread))).ToList();
            expected.UnionWith(steps);
            await server.Client.LoggedAsync(run.Id, Metrics(steps));   // one request, many stretches
        }

        await using (var db = server.Services.GetRequiredService<Database>().Open())
        {
            Assert.All(await db.Set<RunMetricBatch>().ToListAsync(), b => Assert.Equal(b.FirstStep & -RunMetricBatch.Stretch, b.LastStep & -RunMetricBatch.Stretch));
            var old = await db.Set<RunMetricBatch>().Where(b => b.FirstStep == 0).ExecuteUpdateAsync(b => b.SetProperty(x => x.FirstStep, (long?)null).SetProperty(x => x.LastStep, (long?)null));
            Assert.Equal(3, old);   // as before the steps of a batch were kept, and one as it was packed then: over many stretches
            var (number, keyId) = (await db.Set<Run>().Select(r => r.Number).SingleAsync(), await db.Set<RunKey>().Where(k => k.Name == "m").Select(k => k.Id).SingleAsync());
            var wide = Enumerable.Range(0, 12).Select(i => new RunMetricPoint { RunNumber = number, KeyId = keyId, Step = 2000 + (i * 3000), Timestamp = 7, Value = MetricValue.Encode(1) }).ToList();
            db.Add(new RunMetricBatch { RunNumber = number, Packed = MetricPacking.Pack(wide) });
            await db.SaveChangesAsync();
            expected.UnionWith(wide.Select(p => p.Step));
        }

        // Reading has them packed anew, and nobody who reads can tell.
        Assert.Equal(expected, await StepsAsync(server.Client, run.Id, 7));
        await server.UntilAsync(() => BatchesAsync(server), batches => batches.TrueForAll(b => b.FirstStep is not null));
        Assert.All(await BatchesAsync(server), b => Assert.Equal(b.FirstStep & -RunMetricBatch.Stretch, b.LastStep & -RunMetricBatch.Stretch));
        Assert.Equal(expected, await StepsAsync(server.Client, run.Id, 7));
        Assert.Equal(expected, await StepsAsync(server.Client, run.Id, 500));

        // What cannot be read is not touched by the pages before and after it.
        await using (var db = server.Services.GetRequiredService<Database>().Open())
        {
            db.Add(new RunMetricBatch { RunNumber = await db.Set<Run>().Select(r => r.Number).SingleAsync(), FirstStep = 50_000, LastStep = 50_001, Packed = [99] });
            await db.SaveChangesAsync();
        }

        var page = await server.Client.GetAsync<Page<MetricPoint>>($"/api/v1/runs/{run.Id}/metrics?key=m&limit=20");
        Assert.Equal(expected.Take(20), page.Items.Select(p => p.Step));
        var after = PageQuery.Encode($"100000 7 {long.MaxValue}");
        Assert.Equal(expected.Where(s => s > 100_000), (await server.Client.GetAsync<Page<MetricPoint>>($"/api/v1/runs/{run.Id}/metrics?key=m&limit=500&page_token={after}")).Items.Select(p => p.Step));
    }

    private static async Task<List<RunMetricBatch>> BatchesAsync(TestServer server)
    {
        await using var db = server.Services.GetRequiredService<Database>().Read();
        return await db.Set<RunMetricBatch>().ToListAsync();
    }

    [Fact]
    public void A_page_is_made_of_the_earliest_values_and_holds_no_others()
    {
        var earliest = new EarliestSamples(3, after: new MetricSample(10, 0, 5));
        foreach (var step in Enumerable.Range(0, 10_000).Reverse().Concat([11, 12, 11]))
        {
            earliest.Add(new MetricSample(step, 0, 5));
            earliest.Add(new MetricSample(step, 0, 4));
            Assert.True(earliest.Held.Count <= 3);
        }

        Assert.Equal([(11, 4), (11, 5), (12, 4)], earliest.Held.Select(s => (s.Step, s.Value)));
    }

    [Fact]
    public void Metrics_are_read_together_as_far_as_their_values_are_few()
    {
        Assert.Equal([[1, 2, 3], [4], [5, 6]], MetricThinning.Together([1, 2, 3, 4, 5, 6], key => key == 4 ? 5_000_000 : 60_000).ConvertAll(g => g.ToArray()));
        Assert.Empty(MetricThinning.Together([], _ => 1));
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Who_logs_to_a_run_reads_it_while_others_read_all_the_time(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await server.Client.RunAsync(run.Id);
            }
        })).ToList();
        for (var round = 0; round < Databases.RaceRounds * 3; round++)
        {
            await server.Client.LoggedAsync(run.Id, $$$"""{"metrics":[{"key":"single","value":{{{round}}},"step":{{{round}}}}]}""");
            Assert.Equal(round, (await server.Client.RunAsync(run.Id)).Metrics["single"].Value);
            await server.Client.LoggedAsync(run.Id, $$"""{"tags":{"round":"{{round}}"} }""");
            Assert.Equal($"{round}", (await server.Client.RunAsync(run.Id)).Tags["round"]);
            await server.Client.LoggedAsync(run.Id, Batch(round * 10, 10));
            Assert.Equal((round * 10) + 9, (await server.Client.RunAsync(run.Id)).Metrics["other"].Value);
        }

        var child = await (await server.Client.PostJsonAsync("/api/v1/runs", $$"""{"experiment":"{{run.ExperimentId}}","parent_run_id":"{{run.Id}}"}""")).ReadAsync<RunInfo>();
        Assert.Equal(1, (await server.Client.GetAsync<RunDetail>($"/api/v1/runs/{run.Id}")).ChildCount);
        await (await server.Client.DeleteAsync($"/api/v1/runs/{child.Id}")).ShouldSucceedAsync();
        Assert.Equal(0, (await server.Client.GetAsync<RunDetail>($"/api/v1/runs/{run.Id}")).ChildCount);
        await (await server.Client.PostAsync($"/api/v1/runs/{run.Id}/heartbeat", null)).ShouldSucceedAsync();
        Assert.NotNull((await server.Client.RunAsync(run.Id)).HeartbeatAt);
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, $"/api/v1/experiments/{run.ExperimentId}", """{"name":"renamed"}""")).ShouldSucceedAsync();
        Assert.Equal("renamed", (await server.Client.RunAsync(run.Id)).ExperimentName);
        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    public static TheoryData<string, long[][]> Packed => new()
    {
        { "nothing", [] },
        { "one", [[1, 0, 1_700_000_000_000, MetricValue.Encode(0.5)]] },
        { "falling and rising", [[9, 5, 10, 1], [2, -5, 3, -1], [2, -5, 3, 0]] },
        { "the ends of a long", [[1, long.MaxValue, 0, MetricValue.NaN], [2, long.MinValue, long.MaxValue, MetricValue.Encode(double.PositiveInfinity)], [long.MaxValue, 0, 0, long.MaxValue]] },
    };

    [Theory]
    [MemberData(nameof(Packed))]
    public void Packed_values_come_out_as_they_went_in(string reason, long[][] rows)
    {
        Assert.NotNull(reason);
        var points = rows.Select(r => new RunMetricPoint { RunNumber = 7, KeyId = r[0], Step = r[1], Timestamp = r[2], Value = r[3] }).ToList();
        var unpacked = MetricPacking.Unpack(7, MetricPacking.Pack(points));
        Assert.Equal(points.Select(p => (p.KeyId, p.Step, p.Timestamp, p.Value)), unpacked.Select(p => (p.KeyId, p.Step, p.Timestamp, p.Value)));
        Assert.All(unpacked, p => Assert.Equal(7, p.RunNumber));
    }

    [Fact]
    public void Cut_or_unknown_bytes_are_named_and_not_read_as_values()
    {
        var packed = MetricPacking.Pack([new RunMetricPoint { KeyId = 300, Step = 1, Timestamp = 1_700_000_000_000, Value = 5 }]);
        for (var length = 2; length < packed.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => MetricPacking.Unpack(1, packed[..length]));
        }

        Assert.Throws<InvalidDataException>(() => MetricPacking.Unpack(1, []));
        Assert.Throws<InvalidDataException>(() => MetricPacking.Unpack(1, [2, 0, 0, 0]));
    }

    private static string Metrics(IEnumerable<long> steps) =>
        $$"""{"metrics":[{{string.Join(',', steps.Select(s => string.Create(CultureInfo.InvariantCulture, $$"""{"key":"m","value":1,"step":{{s}},"timestamp":7}""")))}}]}""";

    private static async Task<List<long>> StepsAsync(HttpClient client, string run, int limit)
    {
        var steps = new List<long>();
        for (var token = ""; token is not null;)
        {
            var page = await client.GetAsync<Page<MetricPoint>>($"/api/v1/runs/{run}/metrics?key=m&limit={limit}&page_token={token}");
            steps.AddRange(page.Items.Select(p => p.Step));
            token = page.NextPageToken;
        }

        return steps;
    }

    private static LoggedBatch Batch(int from, int count) => new(from, count);

    /// <summary>Values of two metrics over steps, as a body.</summary>
    private sealed record LoggedBatch(int From, int Count)
    {
        public string Parameters { get; init; } = "{}";

        public static implicit operator string(LoggedBatch batch)
        {
            var metrics = Enumerable.Range(batch.From, batch.Count).SelectMany(i => new[] { "m", "other" }.Select(key =>
                string.Create(CultureInfo.InvariantCulture, $$"""{"key":"{{key}}","value":{{i}},"step":{{i}},"timestamp":7}""")));
            return $$"""{"metrics":[{{string.Join(',', metrics)}}],"parameters":{{batch.Parameters}} }""";
        }
    }
}
