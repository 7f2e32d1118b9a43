using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Analytics;
using Slipway.Server.Deployments;
using Slipway.Server.History;
using Slipway.Server.Tests.History;
using Slipway.Testing;

namespace Slipway.Server.Tests.Analytics;

public sealed class AnalyticsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 34, 56, TimeSpan.Zero);

    [Theory]
    [InlineData("1h", 60, 61)]        // an hour that begins inside a minute touches 61
    [InlineData("6h", 300, 73)]
    [InlineData(null, 900, 97)]       // a day when nothing is said
    [InlineData("7d", 10_800, 57)]
    [InlineData("14d", 21_600, 57)]
    public void A_range_is_cut_on_the_boundaries_of_its_buckets(string? name, int seconds, int count)
    {
        var range = AnalyticsRange.Of(name, null, null, TimeSpan.FromDays(35), Noon).Value;
        Assert.Equal((seconds, count), ((int)range.Bucket.TotalSeconds, range.Count));
        Assert.True(range.From <= Noon && range.To >= Noon);
        Assert.Equal(0, range.From.UtcTicks % range.Bucket.Ticks);
    }

    [Fact]
    public void What_is_older_than_the_minutes_is_read_by_the_hour() =>
        Assert.True(AnalyticsRange.Of(null, Noon.AddDays(-60), Noon.AddDays(-59), TimeSpan.FromDays(35), Noon).Value.Hours);

    [Theory]
    [InlineData("2h", null)]
    [InlineData(null, "2027-01-01T00:00:00Z")]
    public void A_range_that_makes_no_sense_is_refused(string? name, string? from) =>
        Assert.True(AnalyticsRange.Of(name, from is null ? null : DateTimeOffset.Parse(from), null, TimeSpan.FromDays(35), Noon).IsRefused);

    [Fact]
    public void Percentiles_of_merged_histograms_are_within_a_bucket_of_the_exact_ones()
    {
        var random = new Random(11);
        var whole = new long[LatencyBuckets.Count];
        var exact = new List<double>();
        for (var part = 0; part < 5; part++)
        {
            var counts = new long[LatencyBuckets.Count];
            for (var i = 0; i < 4000; i++)
            {
                // Two humps: fast answers, and slow ones three decades up.
                var micros = Math.Exp((random.NextDouble() < 0.9 ? 6 : 13) + (random.NextDouble() * 2));
                exact.Add(micros / 1000);
                counts[LatencyBuckets.Of(TimeSpan.FromMicroseconds(micros))]++;
            }

            LatencyHistogram.AddTo(LatencyHistogram.Encode(counts), whole);
        }

        exact.Sort();
        foreach (var quantile in (double[])[0.01, 0.5, 0.89, 0.95, 0.99])
        {
            var truth = exact[(int)(quantile * exact.Count)];
            Assert.InRange(LatencyBuckets.QuantileMs(whole, quantile)!.Value / truth, 0.91, 1.09);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Counts_equal_what_was_answered_also_when_the_counter_was_killed_between_its_steps(bool postgreSql)
    {
        var database = postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null;
        await using var server = await TestServer.StartAsync(
            postgreSql: database, services: s => s.Configure<AnalyticsOptions>(o => o.FlushInterval = TimeSpan.FromHours(1)));
        var journal = server.Services.GetRequiredService<PredictionJournal>();
        var (first, recent) = (server.Services.GetRequiredService<Aggregator>(), server.Services.GetRequiredService<CountedTraffic>());
        var aggregator = first;
        var store = server.Services.GetRequiredService<Server.History.Store.IPredictionStore>();
        var other = HistoryRig.Iris with { Variant = "b", RevisionId = Guid.NewGuid() };
        for (var i = 0; i < 300; i++)
        {
            // Of ten: eight good, one 404, one 502; each third variant is another; each fifth comes from the Execute page and is not counted.
            var status = (short)(i % 10 == 3 ? 404 : i % 10 == 7 ? 502 : 200);
            HistoryRig.Write(
                journal, Guid.CreateVersion7(), HistoryRig.Text("{}"), HistoryRig.Text("1"), i % 3 == 0 ? other : HistoryRig.Iris, status,
                i % 5 == 0 ? Origin.Ui : i % 2 == 0 ? Origin.Live : Origin.Sdk);
            if (i == 150)
            {
                await WaitAsync(() => store.LastSequence == 151);
                await aggregator.FlushAsync(CancellationToken.None);

                continue;
            }

            if (i == 200)
            {
                // As after a kill: what the first counter was told and has not written is lost with it, and another begins where the written counts end.
                await WaitAsync(() => store.LastSequence == 201);
                recent = new CountedTraffic(TimeProvider.System);
                aggregator = ActivatorUtilities.CreateInstance<Aggregator>(server.Services, recent);
                await aggregator.StartAsync(CancellationToken.None);
            }
        }

        await WaitAsync(() => store.LastSequence == 300);
        await aggregator.FlushAsync(CancellationToken.None);
        await aggregator.FlushAsync(CancellationToken.None);
        await first.FlushAsync(CancellationToken.None);   // the lost one, had it lived: the written position stops it

        var read = server.Services.GetRequiredService<ReadAnalytics>();
        foreach (var range in (string[])["1h", "1d", "14d"])
        {
            var info = await read.RunAsync("production", "iris", range, null, null, null, null, CancellationToken.None);
            Assert.Equal((240, 30), (info.Value.Requests, info.Value.Failures));
            Assert.Equal(0.875, info.Value.SuccessRate);
            Assert.Equal(
                [180, 0, 30, 30, 0], Tally.Classes.Select(c => info.Value.Buckets.Sum(b => b.Responses[c])));
            Assert.Equal(1.5, info.Value.MeanLatencyMs!.Value, 6);
            Assert.InRange(info.Value.P99Ms!.Value, 1.3, 1.8);
            Assert.Null(info.Value.Variants);

            // Each third was answered by b, of which a fifth is not counted: 80 of the 240, 10 of them failed.
            var split = (await read.RunAsync("production", "iris", range, null, null, null, "variant", CancellationToken.None)).Value;
            Assert.Equal([("b", 80, 10, 0.875), ("default", 160, 20, 0.875)], split.Variants!.Select(v => (v.Variant, v.Requests, v.Failures, v.SuccessRate!.Value)));
            Assert.All(split.Variants!, variant => Assert.Equal(split.Buckets.Select(b => b.At), variant.Buckets.Select(b => b.At)));
            Assert.Equal(split.Buckets.Select(b => b.Requests), split.Variants![0].Buckets.Zip(split.Variants[1].Buckets, (one, other) => one.Requests + other.Requests));
        }

        const string Address = "/api/v1/analytics/deployments/production/iris?range=1h";
        var one = await server.Client.GetAsync<AnalyticsInfo>($"{Address}&variant=b");
        Assert.Equal((80, 10, 80), (one.Requests, one.Failures, one.Buckets.Sum(b => b.Requests)));
        Assert.Equal(0, (await server.Client.GetAsync<AnalyticsInfo>($"{Address}&variant=gone")).Requests);
        Assert.Equal(2, (await server.Client.GetAsync<AnalyticsInfo>($"{Address}&by=variant")).Variants!.Count);
        await (await server.Client.GetAsync($"{Address}&by=revision")).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.GetAsync($"{Address}&variant=")).ShouldRefuseAsync(400, "invalid_field");

        var minutes = recent.Of(HistoryRig.Iris.DeploymentId);
        Assert.Equal((240, 30), (minutes.Requests.Sum(), minutes.Failures.Sum()));
    }

    [Fact]
    public async Task Old_minutes_and_hours_are_removed()
    {
        await using var server = await TestServer.StartAsync();
        var writes = server.Services.GetRequiredService<Server.Platform.Writes>();
        var now = DateTimeOffset.UtcNow;
        await writes.RunAsync(
            (db, _) =>
            {
                foreach (var days in (int[])[1, 34, 36, 399, 401])
                {
                    db.Add(new MinuteAggregate { Variant = "default", At = now.AddDays(-days) });
                    db.Add(new HourAggregate { Variant = "default", At = now.AddDays(-days) });
                }

                return Task.FromResult(Server.Platform.Result.Done);
            },
            CancellationToken.None);

        await server.Services.GetRequiredService<Aggregator>().PurgeAsync(CancellationToken.None);

        await using var read = server.Services.GetRequiredService<Server.Platform.Database>().Read();
        Assert.Equal((2, 4), (read.Set<MinuteAggregate>().Count(), read.Set<HourAggregate>().Count()));
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
