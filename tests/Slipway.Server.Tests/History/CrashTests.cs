using Slipway.Server.History;
using Slipway.Server.History.Store;

namespace Slipway.Server.Tests.History;

/// <summary>What a server that ended without a word leaves behind.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-history-").FullName;

    private string JournalFolder => Directory.CreateDirectory(Path.Combine(folder, "history", "journal")).FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_begin_without_an_end_of_an_earlier_run_reads_as_aborted()
    {
        var (whole, cut) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        LeaveSegment(1, journal =>
        {
            HistoryRig.Write(journal, whole, HistoryRig.Text("in"), HistoryRig.Text("out"));
            journal.Begin(HistoryRig.Iris, HistoryRig.BeginOf(cut), HistoryRig.Text("never answered"));
        });

        await using var rig = await HistoryRig.StartAsync(folder);
        await rig.StoredAsync(2);

        Assert.Equal("complete", (await rig.Store.FindAsync(whole, CancellationToken.None))!.ToInfo().State);
        var aborted = (await rig.Store.FindAsync(cut, CancellationToken.None))!.ToDetail(withBodies: true);
        Assert.Equal(("aborted", null), (aborted.Prediction.State, aborted.Prediction.Status));
        Assert.Equal("never answered", aborted.Input!.Text);
        Assert.Null(aborted.Output);
        Assert.Single(await rig.AllAsync(new PredictionFilter(Status: (0, 0))));
    }

    [Fact]
    public async Task A_stream_that_outlasts_segments_partitions_and_a_crash_of_the_reader_is_stored_once_with_its_input()
    {
        var stream = Guid.CreateVersion7();
        var input = new byte[30_000];
        new Random(5).NextBytes(input);
        await using var rig = await HistoryRig.StartAsync(folder, o => o.PartitionBytes = 1 << 16);
        rig.Journal.Begin(HistoryRig.Iris, HistoryRig.BeginOf(stream, length: input.Length), input);
        for (var i = 0; i < 40; i++)
        {
            for (var j = 0; j < 20; j++)
            {
                HistoryRig.Write(rig.Journal, Guid.CreateVersion7(), new byte[900], new byte[900]);
            }

            await rig.StoredAsync(20 * (i + 1));
        }

        rig.Journal.End(HistoryRig.Iris, HistoryRig.EndOf(stream), HistoryRig.Text("done"));
        await rig.StoredAsync(801);

        Assert.True(rig.Store.Partitions.Count > 2);
        Assert.True(Directory.GetFiles(JournalFolder, "*.segment").Length <= 4);   // the begin kept none of them
        var found = (await rig.Store.FindAsync(stream, CancellationToken.None))!;
        Assert.Equal(input, PredictionDetails.Unpack(found.Input!, found.Details.Flags.HasFlag(DetailFlags.InputPacked)));
        Assert.Equal(801, (await rig.AllAsync(page: 37)).Select(p => p.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_last_record_cut_at_any_byte_is_passed_over_and_what_is_before_it_stays()
    {
        var ids = Enumerable.Range(0, 3).Select(_ => Guid.CreateVersion7()).ToArray();
        long lastBegins = 0, end = 0;
        var segment = LeaveSegment(1, journal =>
        {
            HistoryRig.Write(journal, ids[0], HistoryRig.Text("a"), HistoryRig.Text("b"));
            journal.Begin(HistoryRig.Iris, HistoryRig.BeginOf(ids[1]), HistoryRig.Text("c"));
            lastBegins = journal.Active!.Tail;
            journal.End(HistoryRig.Iris, HistoryRig.EndOf(ids[1]), HistoryRig.Text("an output of some length"));
            end = journal.Active.Tail;
        });
        var bytes = await File.ReadAllBytesAsync(segment);
        for (var cut = lastBegins; cut <= end; cut++)
        {
            // Both ways of losing the rest: the file ends, and the pages were never written.
            var zeroed = (byte[])bytes.Clone();
            Array.Clear(zeroed, (int)cut, zeroed.Length - (int)cut);
            foreach (var left in (byte[][])[bytes[..(int)cut], zeroed])
            {
                await File.WriteAllBytesAsync(segment, left);
                var scan = LeftScan.Open(segment)!;
                var kinds = new List<RecordKind>();
                while (scan.TryNext(out var place))
                {
                    kinds.Add(scan.Record(place).Kind);
                }

                // The padding at the end is zeros anyway.
                var whole = left == zeroed ? cut >= end - 8 : cut == end;
                Assert.Equal(3, kinds.Take(3).Count());
                if (whole && kinds.Count == 4)
                {
                    Assert.Equal([RecordKind.Begin, RecordKind.End, RecordKind.Begin, RecordKind.End], kinds);
                }
                else
                {
                    Assert.Equal([RecordKind.Begin, RecordKind.End, RecordKind.Begin], kinds);
                    Assert.True(cut < end);
                }
            }
        }
    }

    [Fact]
    public async Task A_hole_in_the_middle_hides_only_itself()
    {
        var ids = Enumerable.Range(0, 50).Select(_ => Guid.CreateVersion7()).ToArray();
        var starts = new List<long>();
        var path = LeaveSegment(1, journal =>
        {
            foreach (var id in ids)
            {
                starts.Add(journal.Active!.Tail);
                HistoryRig.Write(journal, id, HistoryRig.Text("in"), HistoryRig.Text("out"));
            }
        });
        var bytes = await File.ReadAllBytesAsync(path);
        Array.Clear(bytes, (int)starts[10], 8);                  // reserved and never committed
        bytes[(int)starts[20] + 90] ^= 1;                        // a flipped bit
        bytes.AsSpan((int)starts[30] + 8, 4).Fill(0xff);         // a length beyond everything
        await File.WriteAllBytesAsync(path, bytes);

        await using var rig = await HistoryRig.StartAsync(folder);
        await rig.StoredAsync(47);
        Assert.Equal(ids.Where((_, i) => i is not (10 or 20 or 30)).Order(), (await rig.AllAsync()).Select(p => p.Id).Order());
        await rig.StopAsync();
        Assert.Equal(6, rig.Get<HistoryService>().Dropped);      // three torn begins, and their ends without begin
    }

    /// <summary>A segment as a killed server leaves it.</summary>
    private string LeaveSegment(long sequence, Action<PredictionJournal> write)
    {
        var journal = new PredictionJournal();
        var segment = JournalSegment.Create(JournalFolder, 256 << 10, new SegmentHeader(sequence, 0xabcdef0123456789, Guid.NewGuid()));
        journal.Open(segment);
        write(journal);
        segment.Unmap();
        return segment.Path;
    }
}
