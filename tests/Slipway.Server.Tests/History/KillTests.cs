using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using Slipway.Server.History;
using Slipway.Server.History.Store;
using Slipway.Testing;

namespace Slipway.Server.Tests.History;

/// <summary>kill -9 of a real process that writes, reads and stores, at random moments.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int Threads = 2;
    private const string FolderVariable = "SLIPWAY_TEST_JOURNAL_FOLDER";
    private const string DatabaseVariable = "SLIPWAY_TEST_JOURNAL_DATABASE";
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-history-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <remarks><c>SLIPWAY_KILLS</c> says how many kills; 20 by default.</remarks>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_prediction_whose_End_returned_is_stored_once_after_twenty_kills(bool postgreSql)
    {
        var database = postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null;
        var kills = int.Parse(Environment.GetEnvironmentVariable("SLIPWAY_KILLS") ?? (postgreSql ? "5" : "20"), CultureInfo.InvariantCulture);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}, {kills} kills");
        for (var kill = 0; kill < kills; kill++)
        {
            using var child = StartChild(database);
            while (ReadStarted(kill) == 0)
            {
                Assert.False(child.HasExited, "the writing process ended by itself");
                await Task.Delay(2);
            }

            await Task.Delay(random.Next(1, 250));
            child.Kill();
            await child.WaitForExitAsync();
        }

        await using (var drain = await HistoryRig.StartAsync(folder, postgreSql: database))
        {
            await drain.StopAsync();
        }

        await using var rig = await HistoryRig.StartAsync(folder, postgreSql: database);
        var stored = await rig.AllAsync();
        Assert.Equal(stored.Count, stored.Select(p => p.Id).Distinct().Count());
        Assert.Equal(stored.Count, rig.Store.LastSequence);
        var byId = stored.ToDictionary(p => p.Id);
        long acknowledged = 0;
        for (var run = 0; run < kills; run++)
        {
            for (var thread = 0; thread < Threads; thread++)
            {
                var done = ReadCount(run, thread);
                for (long i = 1; i <= done; i++)
                {
                    acknowledged++;
                    Assert.True(byId.Remove(IdOf(run, thread, i), out var prediction), $"run {run}, thread {thread}, {i} of {done} is missing");
                    Assert.Equal(200, prediction.Status);
                    Assert.Equal(BodyOf(run, thread, i), PredictionDetails.Unpack(prediction.Input!, prediction.Details.Flags.HasFlag(DetailFlags.InputPacked)));
                    Assert.Equal(BodyOf(run, thread, -i), PredictionDetails.Unpack(prediction.Output!, prediction.Details.Flags.HasFlag(DetailFlags.OutputPacked)));
                }

                byId.Remove(IdOf(run, thread, done + 1));   // under way when it was killed: there, aborted or not begun
            }
        }

        Assert.Empty(byId);
        output.WriteLine($"{acknowledged} acknowledged, {stored.Count(p => p.Status == 0)} aborted");
        Assert.True(acknowledged > kills * 10);
    }

    /// <summary>Not a test: the process that is killed. It runs journal, reader and store, and writes how far it has come into a mapped file.</summary>
    [Fact(Explicit = true)]
    public async Task Child()
    {
        var data = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(data is null, "started by the test above");
        await using var rig = await HistoryRig.StartAsync(
            data!,
            o =>
            {
                o.SegmentBytes = 512 << 10;
                o.SpareSegments = 8;
                o.PartitionBytes = 2 << 20;
            },
            Environment.GetEnvironmentVariable(DatabaseVariable));
        var run = 0;
        while (File.Exists(CountPath(data!, run)))
        {
            run++;
        }

        var writers = new List<Thread>();
        using var file = MemoryMappedFile.CreateFromFile(CountPath(data!, run), FileMode.CreateNew, null, 4096);
        using var view = file.CreateViewAccessor();
        for (var t = 0; t < Threads; t++)
        {
            var thread = t;
            writers.Add(new Thread(() =>
            {
                for (long i = 1; ; i++)
                {
                    while (rig.Journal.Active!.Next is null || i > 20_000)
                    {
                        Thread.Sleep(1);   // nothing is to be dropped, and the check at the end is to stay short
                    }

                    HistoryRig.Write(rig.Journal, IdOf(run, thread, i), BodyOf(run, thread, i), BodyOf(run, thread, -i));
                    view.Write(8 + (8 * thread), i);
                    if (i == 5)
                    {
                        view.Write(0, 1L);
                    }
                }
            }));
        }

        writers.ForEach(w => w.Start());
        writers.ForEach(w => w.Join());
    }

    private static string CountPath(string data, int run) => Path.Combine(data, $"run-{run}");

    private static Guid IdOf(int run, int thread, long i)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, (1_790_000_000_000 + (run * 1_000_000L) + i) << 16);
        bytes[6] = 0x70;
        bytes[8] = 0x80;
        bytes[15] = (byte)thread;
        return new Guid(bytes, bigEndian: true);
    }

    private static byte[] BodyOf(int run, int thread, long i)
    {
        var body = new byte[Math.Abs(i) * 7919 % 700];
        new Random((run * 7) + (thread * 31) + (int)(i * 131)).NextBytes(body);
        return body;
    }

    private long ReadStarted(int run) => Read(run, 0);

    private long ReadCount(int run, int thread) => Read(run, 8 + (8 * thread));

    private long Read(int run, int offset)
    {
        var path = CountPath(folder, run);
        if (!File.Exists(path) || new FileInfo(path).Length < 4096)
        {
            return 0;
        }

        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> value = stackalloc byte[8];
        RandomAccess.Read(file, value, offset);
        return BitConverter.ToInt64(value);
    }

    private Process StartChild(string? database)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(KillTests).Assembly.Location, "-method", $"{typeof(KillTests).FullName}.{nameof(Child)}", "-explicit", "only"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment[FolderVariable] = folder;
        if (database is not null)
        {
            start.Environment[DatabaseVariable] = database;
        }

        var child = Process.Start(start)!;
        child.OutputDataReceived += (_, _) => { };
        child.BeginOutputReadLine();
        return child;
    }
}
