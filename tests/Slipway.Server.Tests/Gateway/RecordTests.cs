using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>What goes to history: each answered prediction once, with how it ended.</summary>
public sealed class RecordTests
{
    [Fact]
    public async Task Each_prediction_is_recorded_once_with_its_end()
    {
        await using var replica = new FakeReplica(async r =>
        {
            switch (r.Text)
            {
                case "\"fail\"":
                    await r.ErrorAsync(502, "model_error");
                    break;
                case "\"own\"":
                    await r.ErrorAsync(422, "model_status", "\"no\"");
                    break;
                case "\"stream\"":
                    r.BeginStream();
                    await r.ChunkAsync("{}\n");
                    r.End();
                    break;
                case "\"break\"":
                    r.BeginStream();
                    await r.ChunkAsync("{}\n");
                    r.End(broken: true);
                    break;
                default:
                    await r.AnswerAsync("1");
                    break;
            }
        });
        await using var host = await GatewayHost.StartAsync(replica);
        var ids = new Dictionary<string, string>();
        foreach (var body in new[] { "\"good\"", "\"fail\"", "\"own\"", "\"stream\"" })
        {
            ids[body] = (await host.PredictAsync(body)).Headers.GetValues("Slipway-Prediction-Id").Single();
        }

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.InvokeAsync("\"break\""));
        await host.PredictAsync("{broken");
        await host.PredictAsync("1", "/production/models/nothing");
        using var sdk = new HttpRequestMessage(HttpMethod.Post, "/production/models/echo") { Content = new StringContent("1", Encoding.UTF8, "application/json") };
        sdk.Headers.TryAddWithoutValidation("User-Agent", "slipway-python/0.1");
        await host.Client.SendAsync(sdk);

        var items = await ItemsAsync(host, 7);
        var good = items.Single(i => i.GetProperty("id").GetString() == ids["\"good\""]);
        Assert.Equal(200, good.GetProperty("status").GetInt32());
        Assert.Equal("complete", good.GetProperty("state").GetString());
        Assert.Equal(6, good.GetProperty("input_bytes").GetInt64());
        Assert.Equal(1, good.GetProperty("output_bytes").GetInt64());
        Assert.Equal("ada", good.GetProperty("user").GetString());
        Assert.Equal("live", good.GetProperty("origin").GetString());
        Assert.Equal(
            ["200 ", "200 ", "200 ", "400 invalid_json", "422 model_status", "502 model_error", "502 stream_broken"],
            items.Select(i => $"{i.GetProperty("status").GetInt32()} {i.GetProperty("error_code").GetString()}").Order(StringComparer.Ordinal));
        Assert.Single(items, i => i.GetProperty("origin").GetString() == "sdk");
    }

    private static async Task<List<JsonElement>> ItemsAsync(GatewayHost host, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var page = await host.Administrator.GetFromJsonAsync<JsonElement>("/api/v1/predictions?environment=production&deployment=echo&limit=100", patience.Token);
            var items = page.GetProperty("items").EnumerateArray().ToList();
            if (items.Count >= count && items.All(i => i.GetProperty("status").ValueKind == JsonValueKind.Number))
            {
                return items;
            }

            await Task.Delay(50, patience.Token);
        }
    }
}
