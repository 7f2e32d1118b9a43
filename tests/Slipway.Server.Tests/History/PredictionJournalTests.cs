using System.Security.Cryptography;
using Slipway.Server.History;
using Slipway.Server.History.Store;

namespace Slipway.Server.Tests.History;

public sealed class PredictionJournalTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-history-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_many_threads_write_over_many_segments_is_stored_once_and_exactly()
    {
        const int threads = 4, each = 2500;
        await using var rig = await HistoryRig.StartAsync(folder);
        var expected = new Dictionary<Guid, (byte[] Input, byte[] Output)>[threads];
        var writers = Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            var random = new Random(t);
            expected[t] = [];
            for (var i = 0; i < each; i++)
            {
                var id = Guid.CreateVersion7();
                var input = new byte[random.Next(0, 600)];
                var output = new byte[random.Next(100) == 0 ? 20_000 : random.Next(0, 100)];
                random.NextBytes(input);
                random.NextBytes(output);
                expected[t].Add(id, (input, output));
                HistoryRig.Write(rig.Journal, id, input, output);
                while (rig.Journal.Active!.Next is null)
                {
                    Thread.Sleep(1);   // nothing is to be dropped here, however slow the disk is
                }
            }
        })).ToList();
        writers.ForEach(w => w.Start());
        writers.ForEach(w => w.Join());
        await rig.StopAsync();

        Assert.Equal((0, 0), rig.Journal.Dropped);
        var stored = await rig.AllAsync();
        Assert.Equal(threads * each, stored.Count);
        Assert.Equal(stored.Select(p => p.Id).OrderDescending(), stored.Select(p => p.Id));
        var all = expected.SelectMany(e => e).ToDictionary();
        foreach (var prediction in stored)
        {
            var (input, output) = all[prediction.Id];
            Assert.Equal(input, PredictionDetails.Unpack(prediction.Input!, prediction.Details.Flags.HasFlag(DetailFlags.InputPacked)));
            Assert.Equal(output, PredictionDetails.Unpack(prediction.Output!, prediction.Details.Flags.HasFlag(DetailFlags.OutputPacked)));
            Assert.Equal(HistoryRig.Iris, prediction.Route);
        }

        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "history", "journal"), "*.segment"));
    }

    [Fact]
    public async Task Every_field_of_a_prediction_reads_back()
    {
        await using var rig = await HistoryRig.StartAsync(folder);
        var id = Guid.CreateVersion7();
        var at = DateTimeOffset.UtcNow;
        var user = Guid.NewGuid();
        rig.Journal.Begin(
            HistoryRig.Iris, new PredictionBegin(id, at.UtcTicks, Origin.Sdk, Dialect.Promote, user, "grace", "application/json", true, 9), HistoryRig.Text("{\"x\":1.5}"));
        rig.Journal.End(
            HistoryRig.Iris, new PredictionEnd(id, 502, "model_error", true, 123_456, 1_000, 99_000, 2, "text/plain", false, 70_000), HistoryRig.Text("grüße"));
        await rig.StoredAsync(1);

        var detail = (await rig.Store.FindAsync(id, CancellationToken.None))!.ToDetail(withBodies: true);
        Assert.Equal(
            new Contracts.PredictionInfo(
                id.ToString(), new DateTimeOffset(at.UtcTicks, TimeSpan.Zero), "production", "iris", 3, "default", "iris", 7, "sdk", "promote", 502, "complete", "model_error",
                "model", 123.456, 1, 99, 2, "grace", 9, 70_000),
            detail.Prediction);
        Assert.Equal(new Contracts.RecordedBody("application/json", "{\"x\":1.5}", null, 9, true), detail.Input);
        Assert.Equal(new Contracts.RecordedBody("text/plain", "grüße", null, 70_000, false), detail.Output);
    }

    [Fact]
    public async Task Large_bodies_are_cut_at_a_mebibyte_and_flagged_and_text_is_stored_compressed()
    {
        await using var rig = await HistoryRig.StartAsync(folder, o => o.SegmentBytes = 16 << 20);
        var id = Guid.CreateVersion7();
        var input = new byte[(1 << 20) + 5];
        Array.Fill(input, (byte)'a');
        HistoryRig.Write(rig.Journal, id, input, RandomNumberGenerator.GetBytes(4000));
        await rig.StoredAsync(1);

        var stored = (await rig.Store.FindAsync(id, CancellationToken.None))!;
        Assert.InRange(Assert.Single(rig.Store.Partitions).Bytes, 4000, 200_000);
        Assert.Equal(4000, stored.Output!.Length);
        var detail = stored.ToDetail(withBodies: true);
        Assert.Equal(1 << 20, detail.Input!.Text!.Length);
        Assert.Equal((input.Length, false), ((int)detail.Input.SizeBytes, detail.Input.Complete));
        Assert.NotNull(detail.Output!.Base64);
    }

    [Fact]
    public async Task Where_logging_is_off_there_are_no_bodies_but_the_prediction_is_there()
    {
        await using var rig = await HistoryRig.StartAsync(folder);
        var id = Guid.CreateVersion7();
        rig.Journal.Begin(HistoryRig.Iris, HistoryRig.BeginOf(id, complete: false, length: 40), default);
        rig.Journal.End(HistoryRig.Iris, HistoryRig.EndOf(id) with { OutputComplete = false, OutputLength = 50 }, default);
        await rig.StoredAsync(1);

        var detail = (await rig.Store.FindAsync(id, CancellationToken.None))!.ToDetail(withBodies: true);
        Assert.Null(detail.Input);
        Assert.Null(detail.Output);
        Assert.Equal((200, 40, 50), (detail.Prediction.Status, detail.Prediction.InputBytes, detail.Prediction.OutputBytes));
    }

    [Fact]
    public async Task A_full_journal_drops_bodies_first_then_begins_and_counts_them()
    {
        // Not started: the one segment that is open is never followed, as when the disk is full.
        await using var rig = await HistoryRig.StartAsync(folder, start: false);
        Directory.CreateDirectory(Path.Combine(folder, "history", "journal"));
        var segment = JournalSegment.Create(Path.Combine(folder, "history", "journal"), 256 << 10, new SegmentHeader(1, 0x1234567, Guid.NewGuid()));
        rig.Journal.Open(segment);
        var input = new byte[1000];
        var written = new List<Guid>();
        for (var i = 0; i < 1000; i++)
        {
            written.Add(Guid.CreateVersion7());
            rig.Journal.Begin(HistoryRig.Iris, HistoryRig.BeginOf(written[^1], length: 1000), input);
        }

        var (payloads, records) = rig.Journal.Dropped;
        var scan = new LiveScan(segment);
        var whole = 0;
        var without = 0;
        while (scan.TryNext(out var place))
        {
            var record = scan.Record(place);
            _ = record.Body.Length == 1000 ? whole++ : without++;
            Assert.Equal(record.Body.Length == 0, record.Flags.HasFlag(RecordFlags.BodyDropped));
            Assert.Equal(written[whole + without - 1], record.Id);   // what is dropped is the newest
        }

        Assert.True(whole > 100 && without > 100, $"{whole} whole, {without} without body");
        Assert.Equal((without, 1000 - whole - without), (payloads, records));
        var end = HistoryRig.EndOf(written[0]);
        rig.Journal.End(HistoryRig.Iris, end, default);   // room is left for the ends of what was begun
        Assert.Equal(records, rig.Journal.Dropped.Records);
        rig.Journal.Close();
        rig.Journal.End(HistoryRig.Iris, end, default);
        Assert.Equal(records + 1, rig.Journal.Dropped.Records);
        segment.Delete();
    }

    [Fact]
    public async Task Both_calls_allocate_nothing_once_the_route_is_known()
    {
        await using var rig = await HistoryRig.StartAsync(folder, o => o.SegmentBytes = 16 << 20);
        var input = new byte[100];
        HistoryRig.Write(rig.Journal, Guid.CreateVersion7(), input, input);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            HistoryRig.Write(rig.Journal, Guid.CreateVersion7(), input, input);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
