using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.History;
using Slipway.Server.History.Store;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.History;

public sealed class PredictionRoutesTests
{
    [Fact]
    public async Task Lists_are_filtered_and_paged_and_end()
    {
        await using var server = await TestServer.StartAsync();
        await RecordAsync(server, 25);

        var seen = new List<PredictionInfo>();
        string? token = null;
        do
        {
            var page = await GetAsync(server.Client, $"?environment=production&deployment=iris&status=2xx&limit=4{(token is null ? "" : $"&page_token={token}")}");
            seen.AddRange(page.Items);
            token = page.NextPageToken;
        }
        while (token is not null);

        Assert.Equal(20, seen.Count);
        Assert.Equal(seen.OrderByDescending(p => p.Id, StringComparer.Ordinal).Select(p => p.Id), seen.Select(p => p.Id));
        Assert.All(seen, p => Assert.Equal((200, "complete", "live"), (p.Status, p.State, p.Origin)));
        Assert.Equal(5, (await GetAsync(server.Client, "?deployment=iris&status=5xx&version=7")).Items.Count);
        Assert.Empty((await GetAsync(server.Client, "?deployment=iris&version=8")).Items);
        Assert.Empty((await GetAsync(server.Client, "?deployment=unknown")).Items);
        Assert.Empty((await GetAsync(server.Client, "?environment=staging")).Items);
        Assert.Empty((await GetAsync(server.Client, "?to=2020-01-01T00:00:00Z")).Items);
    }

    [Theory]
    [InlineData("?status=9xx")]
    [InlineData("?origin=nobody")]
    [InlineData("?limit=0")]
    [InlineData("?limit=x")]
    [InlineData("?page_token=!!")]
    [InlineData("?page_token=AAAA")]
    [InlineData("?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")]
    [InlineData("?from=yesterday")]
    [InlineData(".jsonl?status=ok")]
    public async Task What_makes_no_sense_is_refused(string query)
    {
        await using var server = await TestServer.StartAsync();
        using var response = await server.Client.GetAsync($"/api/v1/predictions{query}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Bodies_are_for_who_may_read_them()
    {
        await using var server = await TestServer.StartAsync();
        var owner = await server.UserIdAsync("test-analyst");
        await RecordAsync(server, 1, HistoryRig.Iris with { OwnerId = owner });
        var id = (await GetAsync(server.Client, "")).Items.Single().Id;
        var stranger = await server.UserAsync("other-analyst", Role.Analyst);

        foreach (var (client, sees) in new[]
        {
            (server.As(Role.Administrator), true), (server.As(Role.Manager), true), (server.As(Role.Analyst), true), (stranger, false), (server.As(Role.Viewer), false),
        })
        {
            var detail = await client.GetFromJsonAsync($"/api/v1/predictions/{id}", ContractsJson.Default.PredictionDetail);
            Assert.Equal(sees, detail!.Input is not null);
            Assert.Equal(sees, detail.Output is not null);
            var exported = await client.GetStringAsync("/api/v1/predictions.jsonl") + await client.GetStringAsync("/api/v1/predictions.csv");
            Assert.Equal(sees, exported.Contains("sepal", StringComparison.Ordinal));
        }

        using var absent = await server.Client.GetAsync($"/api/v1/predictions/{Guid.NewGuid()}");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        using var anonymous = await server.Anonymous.GetAsync("/api/v1/predictions");
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
    }

    [Fact]
    public async Task Exports_hold_every_match_once_and_no_formula()
    {
        await using var server = await TestServer.StartAsync();
        await RecordAsync(server, 450);

        var lines = (await server.Client.GetStringAsync("/api/v1/predictions.jsonl?deployment=iris&status=200")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var parsed = lines.Select(l => JsonSerializer.Deserialize(l, ContractsJson.Default.PredictionDetail)!).ToList();
        Assert.Equal(360, parsed.Select(p => p.Prediction.Id).Distinct().Count());
        Assert.Equal(360, parsed.Count);
        Assert.All(parsed, p => Assert.Equal("{\"sepal\": \"a,b\"}", p.Input!.Text));

        var csv = (await server.Client.GetStringAsync("/api/v1/predictions.csv?deployment=iris")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(451, csv.Length);
        Assert.StartsWith("id,at,environment,deployment,", csv[0], StringComparison.Ordinal);
        Assert.All(csv.Skip(1), line => Assert.EndsWith(",\"{\"\"sepal\"\": \"\"a,b\"\"}\",'=1+1", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deployment_s_new_predictions_are_told_at_most_once_a_second()
    {
        await using var server = await TestServer.StartAsync();
        using var subscription = server.Services.GetRequiredService<Changes>().Subscribe();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 30; i++)
        {
            await RecordAsync(server, 1);
            await Task.Delay(20);
        }

        await Task.Delay(1300);   // the last one is told too
        var told = 0;
        while (subscription.Reader.TryRead(out var change))
        {
            told += change is { Kind: "prediction", Resource: "deployments/production/iris" } ? 1 : 0;
        }

        Assert.InRange(told, 2, (int)clock.Elapsed.TotalSeconds + 1);
    }

    private static async Task<Page<PredictionInfo>> GetAsync(HttpClient client, string query) =>
        (await client.GetFromJsonAsync($"/api/v1/predictions{query}", ContractsJson.Default.PagePredictionInfo))!;

    // Of five: four good, one 502.
    private static async Task RecordAsync(TestServer server, int count, RouteLabel? route = null)
    {
        var store = server.Services.GetRequiredService<IPredictionStore>();
        var before = store.LastSequence;
        for (var i = 0; i < count; i++)
        {
            HistoryRig.Write(
                server.Services.GetRequiredService<PredictionJournal>(), Guid.CreateVersion7(), HistoryRig.Text("{\"sepal\": \"a,b\"}"), HistoryRig.Text("=1+1"), route,
                (short)(i % 5 == 4 ? 502 : 200));
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (store.LastSequence < before + count)
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
