using Microsoft.Extensions.Options;
using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

public sealed class ReplicaLogsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-logs-").FullName;
    private readonly Guid deployment = Guid.NewGuid();
    private readonly Guid one = new("00000000-0000-0000-0000-000000000001");
    private readonly Guid two = new("00000000-0000-0000-0000-000000000002");
    private readonly ReplicasOptions options = new() { LogFileBytes = 4096, RotatedLogFiles = 2 };
    private readonly ReplicaLogFiles files;
    private readonly ReplicaLogs logs;

    public ReplicaLogsTests()
    {
        files = new ReplicaLogFiles(Options.Create(new ServerOptions { DataFolder = folder }), Options.Create(options));
        logs = new ReplicaLogs(files, Options.Create(options), TimeProvider.System);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Lines_of_all_replicas_come_in_the_order_of_their_times()
    {
        Write(one, "2026-11-22T08:00:00.001Z INFO  - a", "2026-11-22T08:00:00.003Z WARN  - c");
        Write(two, "2026-11-22T08:00:00.002Z ERROR 0199-id b", "Segmentation fault", "2026-11-22T08:00:00.004Z DEBUG - d");

        var page = await ReadAsync(new LogQuery());

        Assert.Equal(["a", "b", "Segmentation fault", "c", "d"], page.Lines.Select(l => l.Message));
        Assert.Equal(["info", "error", null, "warning", "debug"], page.Lines.Select(l => l.Level));
        Assert.Equal([null, "0199-id", null, null, null], page.Lines.Select(l => l.RequestId));
        Assert.Null(page.Older);
    }

    [Fact]
    public async Task Pages_go_back_and_forth_without_a_gap_or_a_double()
    {
        for (var i = 0; i < 250; i++)
        {
            Write(i % 3 == 0 ? one : two, Line(i));
        }

        var all = new List<string>();
        LogPage page = await ReadAsync(new LogQuery(40));
        Assert.Equal("line 249", page.Lines[^1].Message);
        for (; ; page = await ReadAsync(new LogQuery(40, page.Older)))
        {
            all.InsertRange(0, page.Lines.Select(l => l.Message));
            if (page.Older is null)
            {
                break;
            }
        }

        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"line {i}"), all);
        var forward = await ReadAsync(new LogQuery(10, page.Lines[0].Cursor, Forward: true));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"line {i}"), forward.Lines.Select(l => l.Message));
    }

    [Fact]
    public async Task Filters_leave_what_was_asked_for()
    {
        Write(one, "2026-11-22T08:00:00.001Z INFO  abc hello World", "2026-11-22T08:00:00.002Z ERROR - oh", "raw");
        Write(two, "2026-11-22T08:00:00.003Z WARN  - hello");

        Assert.Equal(["oh", "hello"], await MessagesAsync(new LogQuery(MinLevel: "warning")));
        Assert.Equal(["hello World", "hello"], await MessagesAsync(new LogQuery(Text: "HELLO")));
        Assert.Equal(["hello World"], await MessagesAsync(new LogQuery(RequestId: "ABC")));
        Assert.Equal(["hello"], await MessagesAsync(new LogQuery(Replica: two)));
    }

    [Fact]
    public async Task Rotation_keeps_places_and_drops_the_oldest_only()
    {
        for (var i = 0; i < 400; i++)
        {
            Write(one, Line(i));
            files.Rotate(deployment, one);
        }

        var page = await ReadAsync(new LogQuery(5000));
        var messages = page.Lines.Select(l => l.Message).ToList();
        Assert.Equal("line 399", messages[^1]);
        Assert.Equal(Enumerable.Range(400 - messages.Count, messages.Count).Select(i => $"line {i}"), messages);
        Assert.InRange(messages.Count, 150, 399);   // two rotated files and the current one
        Assert.Equal(3, Directory.EnumerateFiles(Path.Combine(folder, "logs", deployment.ToString("n"))).Count());

        var middle = page.Lines[100];
        Write(one, Line(400));
        files.Rotate(deployment, one);
        Assert.Equal(page.Lines[101].Message, (await ReadAsync(new LogQuery(1, middle.Cursor, Forward: true))).Lines.Single().Message);
    }

    [Fact]
    public async Task A_flood_is_cut_to_its_newest_part()
    {
        var flood = string.Concat(Enumerable.Repeat("x", 200)) + "\n";
        File.AppendAllText(LogOf(one), string.Concat(Enumerable.Repeat(flood, 10_000)));
        files.Rotate(deployment, one);

        Assert.InRange(Directory.EnumerateFiles(Path.GetDirectoryName(LogOf(one))!).Sum(f => new FileInfo(f).Length), 1, 3 * options.LogFileBytes);
        Assert.NotEmpty((await ReadAsync(new LogQuery(10))).Lines);
    }

    [Fact]
    public void Output_of_replicas_that_have_ended_is_kept_for_the_newest_and_for_a_time()
    {
        options.EndedReplicaLogs = 1;
        var now = DateTimeOffset.UtcNow;
        Write(one, Line(0));
        Write(two, Line(1));
        File.SetLastWriteTimeUtc(files.PathOf(deployment, one), now.AddDays(-20).UtcDateTime);

        files.Tidy(new HashSet<Guid> { one }, now);
        Assert.Equal([one, two], files.Replicas(deployment).Order());   // one runs, two is the newest that has ended

        files.Tidy(new HashSet<Guid>(), now);
        Assert.Equal([two], files.Replicas(deployment));

        files.Tidy(new HashSet<Guid>(), now + options.LogRetention + TimeSpan.FromMinutes(1));
        Assert.Empty(files.Replicas(deployment));
        Assert.False(Directory.Exists(Path.Combine(folder, "logs", deployment.ToString("n"))));
    }

    [Fact]
    public async Task A_line_without_an_end_and_bytes_that_are_no_text_do_no_harm()
    {
        File.AppendAllBytes(LogOf(one), [.. Enumerable.Repeat((byte)0xff, 700_000)]);
        File.AppendAllText(LogOf(one), "\n2026-11-22T08:00:00.001Z INFO  - after");

        var page = await ReadAsync(new LogQuery());

        Assert.Equal("after", page.Lines[^1].Message);
        Assert.All(page.Lines, l => Assert.True(l.Message.Length <= 16 * 1024));
    }

    [Fact]
    public async Task Following_gives_each_new_line_once_across_rotations()
    {
        Write(one, Line(0));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var seen = new List<string>();
        var writing = Task.Run(async () =>
        {
            await Task.Delay(700);
            for (var i = 1; i <= 200; i++)
            {
                Write(i % 2 == 0 ? one : two, Line(i));
                if (i % 40 == 0)
                {
                    await Task.Delay(500);   // the reader has seen these
                    files.Rotate(deployment, one);
                }
            }
        });
        await foreach (var line in logs.FollowAsync(deployment, new LogQuery(), stop.Token))
        {
            seen.Add(line.Message);
            if (seen.Count == 200)
            {
                break;
            }
        }

        await writing;
        Assert.Equal(Enumerable.Range(1, 200).Select(i => $"line {i}").Order(), seen.Order());
    }

    [Fact]
    public async Task Following_from_a_cursor_begins_behind_it()
    {
        Write(one, Line(0), Line(1), Line(2));
        var cursor = (await ReadAsync(new LogQuery())).Lines[0].Cursor;
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        var seen = new List<string>();
        await foreach (var line in logs.FollowAsync(deployment, new LogQuery(Cursor: cursor), stop.Token))
        {
            seen.Add(line.Message);
            if (seen.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["line 1", "line 2"], seen);
    }

    private static string Line(int number) =>
        $"{new DateTime(2026, 11, 22, 8, 0, 0, DateTimeKind.Utc).AddMilliseconds(number):yyyy-MM-dd'T'HH:mm:ss.fff'Z'} INFO  - line {number}";

    private Task<LogPage> ReadAsync(LogQuery query) => logs.ReadAsync(deployment, query, TestContext.Current.CancellationToken);

    private async Task<IEnumerable<string>> MessagesAsync(LogQuery query) => (await ReadAsync(query)).Lines.Select(l => l.Message);

    private string LogOf(Guid replica) => File.Exists(files.PathOf(deployment, replica)) ? files.PathOf(deployment, replica) : files.Prepare(deployment, replica, null);

    private void Write(Guid replica, params string[] lines) => File.AppendAllText(LogOf(replica), string.Concat(lines.Select(l => l + "\n")));
}
