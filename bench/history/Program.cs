using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server;
using Slipway.Server.History;
using Slipway.Server.History.Store;
using Slipway.Server.Platform;

// What history costs. Usage: dotnet run -c Release --project bench/history -- [write|read|sustained] [records]
//   write  nanoseconds of begin + end (200 bytes in, 100 out), one thread and two, and what the reader adds; 300,000 records
//   read   a filtered page out of 1,000,000 records
//   sustained  predictions at a pace of 25,000 a second, 200 bytes in and 100 out, until all are stored: a line of JSON; 250,000 records
var what = args.ElementAtOrDefault(0) ?? "write";
var records = int.Parse(args.ElementAtOrDefault(1) ?? (what switch { "write" => "300000", "sustained" => "250000", _ => "1000000" }), CultureInfo.InvariantCulture);
var folder = Directory.CreateTempSubdirectory("slipway-bench-").FullName;
try
{
    await (what switch { "read" => ReadAsync(), "sustained" => SustainedAsync(), _ => WriteAsync() });
}
finally
{
    Directory.Delete(folder, recursive: true);
}

async Task WriteAsync()
{
    foreach (var threads in (int[])[1, 2])
    {
        var services = Services();
        var service = services.GetRequiredService<HistoryService>();
        await service.StartAsync(CancellationToken.None);
        var journal = services.GetRequiredService<PredictionJournal>();
        Write(journal, 20_000, 20_000);   // warm
        await Task.Delay(500);
        var before = journal.Dropped;
        var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var each = records / threads;
        var times = new double[threads];
        var writers = Enumerable.Range(0, threads).Select(t => new Thread(() => times[t] = Write(journal, each, 20_000))).ToList();
        var clock = Stopwatch.StartNew();
        writers.ForEach(w => w.Start());
        writers.ForEach(w => w.Join());
        var wall = clock.Elapsed;
        var store = services.GetRequiredService<IPredictionStore>();
        await service.StopAsync(CancellationToken.None);
        var drained = clock.Elapsed;
        process.Refresh();
        var spent = process.TotalProcessorTime - cpu;
        var dropped = journal.Dropped;
        Console.WriteLine(
            $"{threads} thread(s): begin+end {times.Average():f0} ns; {each * threads / wall.TotalSeconds:n0} predictions/s offered, stored after {drained.TotalSeconds:f2} s "
            + $"({store.LastSequence:n0} rows); CPU {spent.TotalMicroseconds / (each * threads):f2} us a prediction, reader and store included; "
            + $"dropped {dropped.Payloads - before.Payloads} bodies, {dropped.Records - before.Records} records");
        await services.DisposeAsync();
        Directory.Delete(Path.Combine(folder, "history"), recursive: true);
    }
}

async Task SustainedAsync()
{
    const int pace = 25_000;
    await using var services = Services();
    var service = services.GetRequiredService<HistoryService>();
    await service.StartAsync(CancellationToken.None);
    var journal = services.GetRequiredService<PredictionJournal>();
    var store = services.GetRequiredService<IPredictionStore>();
    Write(journal, 20_000, 20_000);   // warm; stored to the last one before the count begins
    for (var waited = Stopwatch.StartNew(); store.LastSequence + journal.Dropped.Records < 20_000 && waited.Elapsed < TimeSpan.FromSeconds(60);)
    {
        await Task.Delay(10);
    }

    await Task.Delay(1000);
    var (dropped, stored, process) = (journal.Dropped, store.LastSequence, Process.GetCurrentProcess());
    var cpu = process.TotalProcessorTime;
    var clock = Stopwatch.StartNew();
    for (var i = 0; i < records; i++)
    {
        while (i % 100 == 0 && clock.Elapsed.TotalSeconds < (double)i / pace)
        {
            Thread.Sleep(1);
        }

        One(journal, Labels.All[0], Guid.CreateVersion7(), 200);
    }

    var offered = clock.Elapsed.TotalSeconds;
    await service.StopAsync(CancellationToken.None);
    var seconds = clock.Elapsed.TotalSeconds;
    process.Refresh();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $$"""{"offered":{{records}},"offered_s":{{offered:0.00}},"stored":{{store.LastSequence - stored}},"stored_s":{{seconds:0.00}},"cpu_us":{{(process.TotalProcessorTime - cpu).TotalMicroseconds / records:0.00}},"dropped_bodies":{{journal.Dropped.Payloads - dropped.Payloads}},"dropped_records":{{journal.Dropped.Records - dropped.Records}}}"""));
}

async Task ReadAsync()
{
    await using var services = Services();
    var store = services.GetRequiredService<IPredictionStore>();
    var service = services.GetRequiredService<HistoryService>();
    await service.StartAsync(CancellationToken.None);
    var journal = services.GetRequiredService<PredictionJournal>();
    var start = DateTimeOffset.UtcNow.AddDays(-1);
    var clock = Stopwatch.StartNew();
    for (var i = 0; i < records; i++)
    {
        while (journal.Active!.Next is null)
        {
            Thread.Sleep(1);
        }

        var id = Guid.CreateVersion7(start.AddMilliseconds(i * 86.0));
        One(journal, Labels.All[i % Labels.All.Length], id, i % 5000 == 0 ? (short)502 : i % 20 == 0 ? (short)404 : (short)200);
    }

    await service.StopAsync(CancellationToken.None);
    Console.WriteLine(
        $"{store.LastSequence:n0} records in {store.Partitions.Count} partition(s), {store.Partitions.Sum(p => p.Bytes) / 1e6:f0} MB, "
        + $"filled in {clock.Elapsed.TotalSeconds:f1} s = {store.LastSequence / clock.Elapsed.TotalSeconds:n0}/s");
    var one = new HashSet<Guid> { Labels.All[0].DeploymentId };
    (string Name, PredictionFilter Filter)[] cases =
    [
        ("newest of all", new PredictionFilter()),
        ("one deployment", new PredictionFilter(Deployments: one)),
        ("one deployment, 5xx (1 of 5,000)", new PredictionFilter(Deployments: one, Status: (500, 599))),
        ("5xx of all", new PredictionFilter(Status: (500, 599))),
        ("a version, 4xx, two hours", new PredictionFilter(ModelVersion: 2, Status: (400, 499), From: start.AddHours(10), To: start.AddHours(12))),
        ("nothing matches (3xx)", new PredictionFilter(Status: (300, 399))),
        ("an origin nobody has", new PredictionFilter(Origin: Origin.Rehearsal)),
    ];
    foreach (var (name, filter) in cases)
    {
        var times = new List<double>();
        var rows = 0;
        for (var i = 0; i < 7; i++)
        {
            var from = Stopwatch.GetTimestamp();
            rows = (await store.ListAsync(filter, null, 51, false, CancellationToken.None)).Count;
            times.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }

        Console.WriteLine($"{name,-34} {rows,3} rows   first {times[0]:f1} ms, median {times.Order().ElementAt(3):f1} ms, worst {times.Max():f1} ms");
    }

    var some = (await store.ListAsync(new PredictionFilter(To: start.AddHours(5)), null, 1, false, CancellationToken.None))[0].Id;
    var found = Stopwatch.GetTimestamp();
    await store.FindAsync(some, CancellationToken.None);
    Console.WriteLine($"one by id {Stopwatch.GetElapsedTime(found).TotalMilliseconds:f1} ms");
}

// At most `perSecond` a second, so that the reader is measured at a pace and not the drops. Answers the median of bursts of 100, in nanoseconds of begin + end: on a
// shared machine a mean tells of the neighbours.
static double Write(PredictionJournal journal, int count, int perSecond)
{
    const int burst = 100;
    var ids = new Guid[burst];
    var times = new List<long>(count / burst);
    var began = Stopwatch.GetTimestamp();
    for (var i = 0; i < count; i += burst)
    {
        while (journal.Active!.Next is null || Stopwatch.GetElapsedTime(began).TotalSeconds < (double)i / perSecond)
        {
            Thread.Sleep(1);
        }

        foreach (ref var id in ids.AsSpan())
        {
            id = Guid.CreateVersion7();
        }

        var from = Stopwatch.GetTimestamp();
        foreach (var id in ids)
        {
            One(journal, Labels.All[0], id, 200);
        }

        times.Add(Stopwatch.GetTimestamp() - from);
    }

    times.Sort();
    return times[times.Count / 2] * 1e9 / Stopwatch.Frequency / burst;
}

static void One(PredictionJournal journal, RouteLabel route, Guid id, short status)
{
    journal.Begin(
        route,
        new PredictionBegin(id, RetentionDecision.InstantOf(id).UtcTicks, Origin.Live, Dialect.Invocations, Guid.Empty, "ada", "application/json", true, Labels.Input.Length),
        Labels.Input);
    journal.End(route, new PredictionEnd(id, status, null, false, 1500, 10, 900, 1, "application/json", true, Labels.Output.Length), Labels.Output);
}

ServiceProvider Services()
{
    var services = new ServiceCollection();
    services.AddLogging();
    services.AddMetrics();
    services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
    services.AddSingleton(TimeProvider.System);
    services.AddSingleton<Changes>();
    services.AddHistory();
    services.Configure<ServerOptions>(o => o.DataFolder = folder);
    return services.BuildServiceProvider();
}

internal static class Labels
{
    public static readonly byte[] Input = [.. Enumerable.Range(0, 200).Select(i => (byte)(32 + (i % 90)))];
    public static readonly byte[] Output = Input[..100];

    public static readonly RouteLabel[] All =
    [
        .. Enumerable.Range(0, 8).Select(i => new RouteLabel(
            new Guid(i / 2, 0, 0, new byte[8]), "production", $"model-{i / 2}", Guid.Empty, new Guid(i, 1, 0, new byte[8]), i % 2 + 1, "default", "iris", i % 2 + 1)),
    ];
}
