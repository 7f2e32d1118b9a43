using Slipway.Server.History;
using Slipway.Server.History.Store;
using Slipway.Testing;

namespace Slipway.Server.Tests.History;

/// <summary>The same store on files and on PostgreSQL.</summary>
public sealed class PredictionStoreTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-history-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Filters_and_pages_give_exactly_what_matches_newest_first_across_partitions(bool postgreSql)
    {
        var database = postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null;
        await using var rig = await HistoryRig.StartAsync(folder, o => o.PartitionBytes = 1 << 16, database);
        var second = HistoryRig.Iris with { ModelVersion = 8, RevisionId = Guid.NewGuid(), Revision = 4 };
        var other = HistoryRig.Iris with { DeploymentId = Guid.NewGuid(), Deployment = "churn", Environment = "staging" };
        var start = DateTimeOffset.UtcNow.AddHours(-1);
        var random = new Random(3);
        var written = new List<(Guid Id, DateTimeOffset At, RouteLabel Route, short Status, Origin Origin)>();
        for (var i = 0; i < 1200; i++)
        {
            // Not in the order of time: long requests end after short ones.
            var at = start.AddSeconds(i + random.Next(-30, 30));
            var route = (i % 3) switch { 0 => HistoryRig.Iris, 1 => second, _ => other };
            var status = (short)(i % 50 == 0 ? 503 : i % 7 == 0 ? 404 : 200);
            var origin = i % 4 == 0 ? Origin.Ui : Origin.Live;
            var id = Guid.CreateVersion7(at);
            written.Add((id, at, route, status, origin));
            HistoryRig.Write(rig.Journal, id, new byte[random.Next(1, 300)], new byte[10], route, status, origin);
            if (i % 100 == 99)
            {
                await rig.StoredAsync(i + 1);
            }
        }

        Assert.True(rig.Store.Partitions.Count >= 3);
        var (from, to) = (start.AddSeconds(200), start.AddSeconds(900));
        (PredictionFilter Filter, Func<(Guid Id, DateTimeOffset At, RouteLabel Route, short Status, Origin Origin), bool> Matches)[] cases =
        [
            (new PredictionFilter(), _ => true),
            (new PredictionFilter(Environment: "staging"), p => p.Route == other),
            (new PredictionFilter(Deployments: new HashSet<Guid> { HistoryRig.Iris.DeploymentId }), p => p.Route != other),
            (new PredictionFilter(Deployments: new HashSet<Guid> { HistoryRig.Iris.DeploymentId }, ModelVersion: 8), p => p.Route == second),
            (new PredictionFilter(Status: (500, 599)), p => p.Status == 503),
            (new PredictionFilter(Status: (400, 499), Origin: Origin.Ui), p => p.Status == 404 && p.Origin == Origin.Ui),
            (new PredictionFilter(From: from, To: to, Environment: "production"), p => p.At >= from && p.At < to && p.Route != other),
            (new PredictionFilter(Deployments: new HashSet<Guid>()), _ => false),
        ];
        foreach (var (filter, matches) in cases)
        {
            var expected = written.Where(p => matches(p)).Select(p => p.Id).OrderDescending();
            Assert.Equal(expected, (await rig.AllAsync(filter, page: 41)).Select(p => p.Id));
        }

        var outcomes = new List<PredictionOutcome>();
        while (await rig.Store.OutcomesAsync(outcomes.Count, 77, CancellationToken.None) is { Count: > 0 } more)
        {
            outcomes.AddRange(more);
        }

        Assert.Equal(written.Count, outcomes.Count);
        foreach (var route in written.Select(p => p.Route).Distinct())   // each route in the order of its ends
        {
            Assert.Equal(
                written.Where(p => p.Route == route).Select(p => (p.Status, p.Origin)), outcomes.Where(o => o.Route == route).Select(o => (o.Status, o.Origin)));
        }

        Assert.Null(await rig.Store.FindAsync(Guid.CreateVersion7(), CancellationToken.None));
        Assert.Equal(written[600].Id, (await rig.Store.FindAsync(written[600].Id, CancellationToken.None))!.Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_goes_on_where_the_store_is_and_a_batch_stored_twice_is_there_once(bool postgreSql)
    {
        var database = postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null;
        var ids = Enumerable.Range(0, 90).Select(_ => Guid.CreateVersion7()).ToList();
        for (var run = 0; run < 3; run++)
        {
            await using var rig = await HistoryRig.StartAsync(folder, postgreSql: database);
            ids.Skip(run * 30).Take(30).ToList().ForEach(id => HistoryRig.Write(rig.Journal, id, [1], [2]));
        }

        await using var last = await HistoryRig.StartAsync(folder, postgreSql: database);
        Assert.Equal(90, last.Store.LastSequence);
        var number = (await last.Store.OpenAsync(last.Get<JournalKeeper>().Identify(), CancellationToken.None)).Batch;
        var batch = new StoreBatch(1024) { Number = number, Position = new JournalPosition(1, 64) };
        await last.Store.AppendAsync(batch, CancellationToken.None);
        Assert.Equal(ids.OrderDescending(), (await last.AllAsync()).Select(p => p.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retention_drops_whole_partitions_the_oldest_first_and_never_the_newest(bool postgreSql)
    {
        var database = postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null;
        await using var rig = await HistoryRig.StartAsync(
            folder,
            o =>
            {
                o.PartitionBytes = 1 << 16;
                o.RetentionBytes = 400_000;
            },
            database);
        var old = Enumerable.Range(0, 200).Select(i => Guid.CreateVersion7(DateTimeOffset.UtcNow.AddDays(-15).AddSeconds(i))).ToList();
        var random = new Random(1);
        for (var i = 0; i < old.Count; i++)
        {
            var body = new byte[900];
            random.NextBytes(body);
            HistoryRig.Write(rig.Journal, old[i], body, [1]);
            if (i % 20 == 19)
            {
                await rig.StoredAsync(i + 1);
            }
        }

        var partitions = rig.Store.Partitions;
        Assert.True(partitions.Count > 2);
        await rig.Get<Retention>().PurgeAsync(CancellationToken.None);

        Assert.Equal([partitions[^1].Number], rig.Store.Partitions.Select(p => p.Number));
        var kept = await rig.AllAsync();
        Assert.Equal(old.TakeLast(kept.Count).OrderDescending(), kept.Select(p => p.Id));
        Assert.Null(await rig.Store.FindAsync(old[0], CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bodies_come_back_as_they_went_in_whether_packing_made_them_smaller_or_not(bool postgreSql)
    {
        var database = postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null;
        var random = new Random(5);
        var noise = HistoryRig.Iris with { DeploymentId = Guid.NewGuid(), Deployment = "noise" };
        var bodies = new Dictionary<Guid, (byte[] Input, byte[] Output)>();
        await using (var rig = await HistoryRig.StartAsync(folder, postgreSql: database))
        {
            for (var i = 0; i < 400; i++)
            {
                var isNoise = i % 4 == 3;
                var input = isNoise ? new byte[random.Next(1, 6000)] : HistoryRig.Text($$"""{"instances": [[{{string.Join(", ", Enumerable.Range(0, 1 + random.Next(0, 300)).Select(_ => random.Next(0, 99) / 10.0))}}]]}""");
                if (isNoise)
                {
                    random.NextBytes(input);
                }

                var output = i % 10 == 0 ? [] : HistoryRig.Text($$"""{"predictions": [{{random.Next()}}]}""");
                var id = Guid.CreateVersion7();
                bodies[id] = (input, output);
                HistoryRig.Write(rig.Journal, id, input, output, isNoise ? noise : null);
            }
        }

        if (!postgreSql)
        {
            using var file = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Assert.Single(Directory.GetFiles(Path.Combine(folder, "history"), "*.db"))}");
            file.Open();
            using var command = file.CreateCommand();
            command.CommandText = $"SELECT count(*) FROM blocks WHERE marks & {BlockMarks.PackedBodies} <> 0";
            Assert.NotEqual(0L, command.ExecuteScalar());
            command.CommandText = $"SELECT count(*) FROM blocks WHERE marks & {BlockMarks.PackedBodies} = 0 AND length(bodies) > 4096";
            Assert.NotEqual(0L, command.ExecuteScalar());
            command.CommandText = "PRAGMA user_version = 2";   // a file of a server before: read, and written on
            command.ExecuteNonQuery();
        }

        await using var again = await HistoryRig.StartAsync(folder, postgreSql: database);
        var read = await again.AllAsync(page: 97);
        Assert.Equal(bodies.Keys.OrderDescending(), read.Select(p => p.Id));
        foreach (var prediction in read)
        {
            Assert.Equal(bodies[prediction.Id].Input, PredictionDetails.Unpack(prediction.Input!, prediction.Details.Flags.HasFlag(DetailFlags.InputPacked)));
            Assert.Equal(bodies[prediction.Id].Output, PredictionDetails.Unpack(prediction.Output!, prediction.Details.Flags.HasFlag(DetailFlags.OutputPacked)));
        }

        var (one, whole) = bodies.ElementAt(200);
        Assert.Equal(whole.Output, (await again.Store.FindAsync(one, CancellationToken.None))!.Output);
    }

    [Fact]
    public void Retention_by_size_stops_when_it_fits_and_waits_for_who_still_reads()
    {
        var now = DateTimeOffset.UtcNow;
        var partitions = Enumerable.Range(1, 5)
            .Select(i => new Partition(i, default, Guid.CreateVersion7(now), Guid.CreateVersion7(now), i * 10, (i * 10) + 9, 10, 100)).ToList();
        Assert.Equal([1, 2], RetentionDecision.Drop(partitions, TimeSpan.FromDays(14), 300, long.MaxValue, now).Select(d => d.Partition.Number));
        Assert.Equal([1], RetentionDecision.Drop(partitions, TimeSpan.FromDays(14), 300, 19, now).Select(d => d.Partition.Number));
        Assert.Equal([1, 2, 3, 4], RetentionDecision.Drop(partitions, TimeSpan.FromDays(14), 1, long.MaxValue, now).Select(d => d.Partition.Number));
        Assert.Equal([1, 2, 3, 4], RetentionDecision.Drop(partitions, TimeSpan.FromDays(14), 1000, long.MaxValue, now.AddDays(15)).Select(d => d.Partition.Number));
        Assert.Empty(RetentionDecision.Drop(partitions, TimeSpan.FromDays(14), 500, long.MaxValue, now));
    }
}
