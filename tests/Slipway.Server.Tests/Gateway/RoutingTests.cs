using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Deployments;
using Slipway.Server.Routing;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>Several variants on the request path: the table chooses, and the fallback answers when the chosen one cannot.</summary>
public sealed class RoutingTests
{
    private const string ByCountry = """
        {"fields":[{"name":"country","type":"string","pointer":"/country"}],"rows":[{"variant":"b","conditions":{"country":{"operator":"eq","value":"NO"}}}]}
        """;

    [Fact]
    public async Task The_context_chooses_and_the_answer_and_the_record_say_so()
    {
        await using var a = new FakeReplica(r => r.AnswerAsync("\"a\""));
        await using var b = new FakeReplica(r => r.AnswerAsync("\"b\""));
        await using var host = await HostAsync(a, b, ByCountry);
        var matched = await PredictAsync(host, context: """{"country":"NO","other":1}""");
        Assert.Equal(("b", "matched; row=1"), (Said(matched, "Slipway-Variant"), Said(matched, "Slipway-Routing")));
        var none = await PredictAsync(host, context: """{"country":"SE"}""");
        Assert.Equal(("a", "default_matched; row=0"), (Said(none, "Slipway-Variant"), Said(none, "Slipway-Routing")));
        Assert.Equal("a", Said(await PredictAsync(host), "Slipway-Variant"));                                     // no context at all
        Assert.Equal("b", Said(await PredictAsync(host, body: """{"country":"NO"}"""), "Slipway-Variant"));       // from the body, by pointer
        Assert.Equal("a", Said(await PredictAsync(host, context: """{"country":"SE"}""", body: """{"country":"NO"}"""), "Slipway-Variant"));

        Assert.Equal(2, (await ItemsAsync(host, "routing=matched", 2)).Count);
        Assert.Equal(3, (await ItemsAsync(host, "routing=default_matched", 3)).Count);
        var record = (await ItemsAsync(host, "variant=b", 2))[^1];
        Assert.Equal((1, "matched"), (record.GetProperty("row").GetInt32(), record.GetProperty("routing").GetString()));
        var detail = await host.Administrator.GetFromJsonAsync<JsonElement>($"/api/v1/predictions/{record.GetProperty("id").GetString()}");
        Assert.Equal("country = \"NO\"", detail.GetProperty("routing_note").GetProperty("values").GetString());
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{")]
    [InlineData("NO")]
    [InlineData("""{"a":1,"a":2}""")]
    public async Task A_context_that_is_no_object_is_refused_where_there_is_a_table_and_not_read_elsewhere(string context)
    {
        await using var a = new FakeReplica();
        await using var b = new FakeReplica();
        await using var host = await HostAsync(a, b, ByCountry);
        await ErrorTests.ShouldBeAsync(await PredictAsync(host, context), 400, "invalid_context");
        host.Publish(host.Deployment([Revision(host, a, b, null)]));
        Assert.Equal(HttpStatusCode.OK, (await PredictAsync(host, context)).StatusCode);
    }

    [Fact]
    public async Task An_identity_stays_on_its_side_of_a_weight()
    {
        await using var a = new FakeReplica();
        await using var b = new FakeReplica();
        await using var host = await HostAsync(a, b, """{"rows":[{"variant":"b","weight":50}]}""");
        var sides = new Dictionary<string, string>();
        for (var i = 0; i < 60; i++)
        {
            var who = $"customer-{i % 20}";
            var side = Said(await PredictAsync(host, identity: who), "Slipway-Variant");
            Assert.Equal(sides.TryAdd(who, side) ? side : sides[who], side);
        }

        Assert.Equal(2, sides.Values.Distinct().Count());
    }

    [Theory]
    [InlineData("not_ready", 503, false, false, null, true, 3, 1)]       // nobody had begun: other tries as everywhere, then the fallback
    [InlineData("model_error", 502, true, true, null, true, 1, 1)]       // the model ended it with an error of its own
    [InlineData("model_error", 502, true, true, 2, true, 3, 1)]          // after the retries that it has
    [InlineData("cancelled", 502, false, true, null, false, 1, 0)]       // it may have begun and nobody knows how far it came
    [InlineData("bad_input", 400, true, false, 2, false, 1, 0)]          // the caller's mistake is no other variant's
    public async Task The_fallback_answers_where_that_does_no_harm(
        string code, int status, bool fromModel, bool begun, int? retries, bool covered, int onPrimary, int onFallback)
    {
        await using var a = new FakeReplica(r => r.ErrorAsync(status, code, fromModel: fromModel, begun: begun));
        await using var b = new FakeReplica();
        await using var host = await HostAsync(a, b, null, fallback: "b", retries: retries);
        var primary = new TaskCompletionSource<VariantOutcomes>();
        host.Services.GetRequiredService<GatewayReports>().Taken += report =>
        {
            if (report.Outcomes.FirstOrDefault(o => o.Variant == "a") is { } seen)
            {
                primary.TrySetResult(seen);
            }
        };
        var response = await PredictAsync(host);
        Assert.Equal(covered ? 200 : status, (int)response.StatusCode);
        Assert.Equal((onPrimary, onFallback), (a.Requests.Count, b.Requests.Count));
        Assert.Equal($"{onPrimary + onFallback}", Said(response, "Slipway-Attempts"));
        Assert.Equal(covered ? "b" : "a", Said(response, "Slipway-Variant"));
        if (covered)
        {
            Assert.Equal("a", Said(response, "Slipway-Fallback-From"));
            var record = Assert.Single(await ItemsAsync(host, "fallback=true", 1));
            Assert.Equal(("b", "a", onPrimary + onFallback), (record.GetProperty("variant").GetString(), record.GetProperty("fallback_from").GetString(), record.GetProperty("attempts").GetInt32()));
            var detail = await host.Administrator.GetFromJsonAsync<JsonElement>($"/api/v1/predictions/{record.GetProperty("id").GetString()}");
            Assert.Equal(code, detail.GetProperty("routing_note").GetProperty("fallback_reason").GetString());
            var outcome = await primary.Task.WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Equal((0, 1, 1), (outcome.Requests, outcome.HandedOver, outcome.FailedOver));           // evidence for a gate, and no second request
        }
    }

    [Fact]
    public async Task The_fallback_answers_when_its_variant_has_no_replica_and_its_own_error_is_the_answer_when_it_fails_too()
    {
        await using var b = new FakeReplica(r => r.Text == "\"bad\"" ? r.ErrorAsync(502, "model_error", fromModel: true, begun: true) : r.AnswerAsync("1"));
        await using var host = await GatewayHost.StartAsync();
        host.Publish(host.Deployment([Revision(host, null, b, null, "b")]));
        await host.ConnectedAsync(b);
        Assert.Equal("b", Said(await PredictAsync(host), "Slipway-Variant"));
        var failed = await PredictAsync(host, body: "\"bad\"");
        Assert.Equal("a", Said(failed, "Slipway-Fallback-From"));
        await ErrorTests.ShouldBeAsync(failed, 502, "model_error");
    }

    [Fact]
    public async Task A_models_own_5xx_is_covered_and_its_4xx_is_the_answer()
    {
        await using var a = new FakeReplica(r => r.ErrorAsync(r.Text == "\"4\"" ? 422 : 503, "model_status", "\"no\"", fromModel: true, begun: true));
        await using var b = new FakeReplica();
        await using var host = await HostAsync(a, b, null, fallback: "b");
        Assert.Equal(HttpStatusCode.OK, (await PredictAsync(host, body: "\"5\"")).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PredictAsync(host, body: "\"4\"")).StatusCode);
    }

    [Fact]
    public async Task A_prediction_of_the_simulator_is_recorded_as_such_and_does_not_count()
    {
        await using var a = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(a);
        using var request = Request(null, null, "[1]");
        request.Headers.Add("Slipway-Origin", "simulator");
        Assert.Equal(HttpStatusCode.OK, (await host.Client.SendAsync(request)).StatusCode);
        Assert.Single(await ItemsAsync(host, "origin=simulator", 1));
    }

    private static async Task<GatewayHost> HostAsync(FakeReplica a, FakeReplica b, string? table, string? fallback = null, int? retries = null)
    {
        var host = await GatewayHost.StartAsync();
        host.Publish(host.Deployment([Revision(host, a, b, table, fallback, retries)]));
        await host.ConnectedAsync(a, b);
        return host;
    }

    private static RevisionRoute Revision(GatewayHost host, FakeReplica? a, FakeReplica b, string? table, string? fallback = null, int? retries = null)
    {
        VariantRoute Variant(string name, FakeReplica[] on, string? then, int? again) => new(
            name, name == "a", "echo-model", name == "a" ? 1 : 2, "python", host.Set($"set-{name}", on), VersionRoute.Plain, then, again);
        ImmutableArray<VariantRoute> variants = [Variant("a", a is null ? [] : [a], fallback, retries), Variant("b", [b], null, null)];
        return new RevisionRoute(new Guid(1, 0, 0, new byte[8]), 1, 10_000, variants, table is null ? null : RoutingReader.Compile(table, "echo"));
    }

    private static HttpRequestMessage Request(string? context, string? identity, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/production/models/echo/predict") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (context is not null)
        {
            request.Headers.TryAddWithoutValidation("Slipway-Context", context);
        }

        if (identity is not null)
        {
            request.Headers.Add("Slipway-Identity", identity);
        }

        return request;
    }

    private static async Task<HttpResponseMessage> PredictAsync(GatewayHost host, string? context = null, string body = "[1]", string? identity = null)
    {
        using var request = Request(context, identity, body);
        return await host.Client.SendAsync(request);
    }

    private static string Said(HttpResponseMessage response, string header) => response.Headers.TryGetValues(header, out var values) ? values.Single() : "";

    private static async Task<List<JsonElement>> ItemsAsync(GatewayHost host, string filter, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var page = await host.Administrator.GetFromJsonAsync<JsonElement>($"/api/v1/predictions?{filter}", patience.Token);
            if (page.GetProperty("items").GetArrayLength() >= count)
            {
                return [.. page.GetProperty("items").EnumerateArray()];
            }

            await Task.Delay(20, patience.Token);
        }
    }
}
