using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Testing;

namespace Slipway.Bench.Registry;

/// <summary>Versions and models: durable creation at 8 connections, whether many versions make the next one dearer, reads, and the list of many models.</summary>
internal static class Versions
{
    private const int Connections = 8;
    private const int Many = 10_000;
    private const double MostMs = 300;

    /// <returns>Whether every bar was reached.</returns>
    public static async Task<bool> RunAsync(double seconds, bool postgreSql)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
        var key = await server.KeyAsync("bench", Role.Administrator);
        await (await server.Client.PostJsonAsync("/api/v1/models", """{"name":"made"}""")).ShouldSucceedAsync();
        var run = (await (await server.Client.PostJsonAsync("/api/v1/runs", """{"experiment":"bench","create_experiment":true}""")).ReadAsync<RunInfo>()).Id;
        await (await server.Client.PostJsonAsync($"/api/v1/runs/{run}/log", """{"parameters":{"lr":"0.1"},"metrics":[{"key":"auc","value":0.9}]}""")).ShouldSucceedAsync();
        await (await server.Client.PutAsync($"/api/v1/runs/{run}/artifacts/model.pt", new ByteArrayContent("weights"u8.ToArray()))).ShouldSucceedAsync();
        var wanted = $$"""{"source_run_id":"{{run}}","artifact_path":"model.pt"}""";
        (string, string?) Create(int c, int i) => ("POST /api/v1/models/made/versions", wanted);

        // 1. Durable creation.
        await Load.RateAsync(server.Address, key, Connections, Writes.WarmSeconds, Create);
        var before = Yardstick.Measure(server.DataFolder, Math.Min(2, seconds));
        var made = await Load.RateAsync(server.Address, key, Connections, seconds, Create);
        var after = Yardstick.Measure(server.DataFolder, Math.Min(2, seconds));
        var commits = (before.Commits + after.Commits) / 2;
        var good = Say("create version", made, made / commits, $"x of SQLite's {commits:n0} durable commits", 1.0);
        await WhereAsync(server, run, made, commits, seconds);

        // 2. The same model with few and with many versions.
        await SeedAsync(server, "few", 10);
        await SeedAsync(server, "many", Many);
        await SeedModelsAsync(server, Many);

        // On PostgreSQL a continuation may run on the thread that serves sockets; what follows blocks its thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var load = new Load(server.Address, key);
        double few = double.MaxValue, many = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            few = Math.Min(few, CostMs(load, "few", run, 20));
            many = Math.Min(many, CostMs(load, "many", run, 20));
        }

        good &= Say($"version {Many}", many, many / few, $"ms; x of version 10's {few:0.00} ms, at most", 1.2, atMost: true);

        // 3. Reads.
        var version = await Load.RateAsync(server.Address, key, Connections, seconds, (_, i) => ($"GET /api/v1/models/many/versions/{(i % 100) + 1}", null));
        good &= Say("get version", version, version / 257, "x of MLflow's recorded 257 a second", 60);
        var model = await Load.RateAsync(server.Address, key, Connections, seconds, (_, _) => ("GET /api/v1/models/many", null));
        good &= Say("get model", model, model / 72, "x of MLflow's recorded 72 a second", 60);

        // 4. The list.
        foreach (var query in new[] { "limit=100", "q=odel-99", "stage=production", "tag=tabular&q=model" })
        {
            var clock = Stopwatch.StartNew();
            load.Send($"GET /api/v1/models?{query}", null);
            var first = clock.Elapsed.TotalMilliseconds;
            good &= Say($"list {query}", first, first / MostMs, $"ms of {Many:n0} models; x of {MostMs} ms, at most", 1, atMost: true);
        }

        return good;
    }

    /// <summary>Where the time goes until eight waiting clients have their versions: the same work, each time with one more part of the way.</summary>
    private static async Task WhereAsync(TestServer server, string run, double made, double commits, double seconds)
    {
        var (lane, writes) = (server.Services.GetRequiredService<VersionLane>(), server.Services.GetRequiredService<Slipway.Server.Platform.Writes>());
        var source = (await server.Services.GetRequiredService<FindRunSource>().RunAsync(run, "model.pt", CancellationToken.None)).Value;
        var package = (await server.Services.GetRequiredService<InspectPackage>().RunAsync(PackageFiles.Of(server.Services.GetRequiredService<IArtifactStore>(), source), CancellationToken.None)).Value;
        var request = new CreateVersionRequest(SourceRunId: run, ArtifactPath: "model.pt");
        var units = await RateAsync(seconds, () => writes.RunAsync(
            async (db, token) =>
            {
                await UnitSql.ChangeAsync(db, "UPDATE models SET updated_at = updated_at WHERE name = @name", [("@name", "made")], token);
                return Result.Done;
            },
            CancellationToken.None));
        var inLane = await RateAsync(seconds, () => lane.CreateAsync("made", source, request, package, Actor.System, CancellationToken.None));
        double[] ms = [1000 / commits, Connections * 1000 / units, Connections * 1000 / inLane, Connections * 1000 / made];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  eight at a time take {ms[3]:0.00} ms: SQLite's commit {ms[0]:0.00}, eight hand-overs to the writer and back {ms[1] - ms[0]:0.00}, rows and pages of eight versions {ms[2] - ms[1]:0.00}, HTTP, questions, JSON and the load generator {ms[3] - ms[2]:0.00}"));
    }

    private static async Task<double> RateAsync(double seconds, Func<Task> act)
    {
        var (clock, count) = (Stopwatch.StartNew(), 0L);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                await act();
                Interlocked.Increment(ref count);
            }
        })));
        return count / clock.Elapsed.TotalSeconds;
    }

    private static double CostMs(Load load, string model, string run, int count)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            load.Send($"POST /api/v1/models/{model}/versions", $$"""{"source_run_id":"{{run}}","artifact_path":"model.pt"}""");
        }

        return clock.Elapsed.TotalMilliseconds / count;
    }

    /// <summary>Versions without files, in large units: only their number matters.</summary>
    private static async Task SeedAsync(TestServer server, string name, int versions)
    {
        await (await server.Client.PostJsonAsync("/api/v1/models", $$"""{"name":"{{name}}"}""")).ShouldSucceedAsync();
        for (var made = 0; made < versions; made += 500)
        {
            await server.Services.GetRequiredService<Slipway.Server.Platform.Writes>().RunAsync(
                async (db, token) =>
                {
                    var model = await Microsoft.EntityFrameworkCore.EntityFrameworkQueryableExtensions.SingleAsync(db.Set<RegisteredModel>(), m => m.Name == name, token);
                    for (var i = 0; i < Math.Min(500, versions - made); i++)
                    {
                        db.Add(Version(model, DateTimeOffset.UtcNow));
                    }

                    return Result.Done;
                },
                CancellationToken.None);
        }
    }

    private static ModelVersion Version(RegisteredModel model, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), ProjectId = model.ProjectId, ModelId = model.Id, Number = model.TakeNumber(now), Status = VersionStatus.Ready, Digest = "", Metadata = "{}", CreatedBy = "bench",
        CreatedAt = now, Package = new PackageFacts { Detected = "unknown", NotRunnableReason = "made for measuring" },
    };

    private static async Task SeedModelsAsync(TestServer server, int models)
    {
        for (var made = 0; made < models; made += 500)
        {
            await server.Services.GetRequiredService<Slipway.Server.Platform.Writes>().RunAsync(
                (db, _) =>
                {
                    for (var i = made; i < made + 500; i++)
                    {
                        var now = DateTimeOffset.UtcNow;
                        var model = new RegisteredModel { Id = Guid.CreateVersion7(now), ProjectId = Project.Default, Name = $"model-{i:D5}", Owner = "bench", CreatedAt = now };
                        model.Describe($"Model number {i}", now);
                        model.Tag(i % 3 == 0 ? ["tabular", "demo"] : ["text"], now);
                        db.Add(model);
                        for (var v = 0; v < 3; v++)
                        {
                            var version = Version(model, now);
                            if (v == 1 && i % 2 == 0)
                            {
                                version.MoveTo(Stage.Production, now);
                            }

                            db.Add(version);
                        }
                    }

                    return Task.FromResult(Result.Done);
                },
                CancellationToken.None);
        }
    }

    private static bool Say(string what, double value, double ratio, string against, double bar, bool atMost = false)
    {
        var reached = Goals.Add($"{what.Replace("\"", "'", StringComparison.Ordinal)}, {against}", ratio, atMost, bar);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-24} {value,10:n1}  {ratio,7:0.00} {against}, bar {bar:0.0}{(reached ? "" : "  MISSED")}"));
        return reached;
    }
}
