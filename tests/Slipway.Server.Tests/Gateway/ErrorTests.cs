using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Slipway.Server.Deployments;
using Slipway.Serving;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>Every way to fail has a status, a code and its dialect's shape.</summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData(502, "model_error", true, 502)]
    [InlineData(502, "memory_limit", true, 502)]
    [InlineData(502, "bad_answer", true, 502)]
    [InlineData(400, "bad_input", false, 400)]
    [InlineData(415, "not_supported", false, 415)]
    [InlineData(504, "deadline", false, 504)]
    [InlineData(0, "model_error", true, 502)] // a status that HTTP has not
    public async Task An_error_of_the_replica_keeps_its_code(int status, string code, bool fromModel, int expected)
    {
        await using var replica = new FakeReplica(r => r.ErrorAsync(status, code, "It failed.", fromModel));
        await using var host = await GatewayHost.StartAsync(replica);
        var envelope = await host.PredictAsync();
        Assert.Equal(expected, (int)envelope.StatusCode);
        var body = await envelope.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("error", body.GetProperty("status").GetString());
        Assert.Equal(code, body.GetProperty("code").GetString());
        Assert.Equal("It failed.", body.GetProperty("message").GetString());
        Assert.Equal(envelope.Headers.GetValues("Slipway-Prediction-Id").Single(), body.GetProperty("promote_id").GetString());
        Assert.Equal(fromModel, envelope.Headers.Contains("Slipway-Error-Source"));

        var passed = await host.InvokeAsync();
        Assert.Equal(expected, (int)passed.StatusCode);
        Assert.Equal("application/problem+json", passed.Content.Headers.ContentType!.MediaType);
        Assert.Equal(code, (await passed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_models_own_status_and_detail_pass_through()
    {
        await using var replica = new FakeReplica(r => r.ErrorAsync(422, "model_status", """{"field":"age"}"""));
        await using var host = await GatewayHost.StartAsync(replica);
        var passed = await host.InvokeAsync();
        Assert.Equal(422, (int)passed.StatusCode);
        Assert.Equal("model", passed.Headers.GetValues("Slipway-Error-Source").Single());
        Assert.Equal("""{"field":"age"}""", await passed.Content.ReadAsStringAsync());
        var envelope = await (await host.PredictAsync()).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("age", envelope.GetProperty("detail").GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("/production/models/nothing/predict", 404, "deployment_not_found")]
    [InlineData("/staging/models/echo/predict", 404, "deployment_not_found")]
    [InlineData("/Production/models/echo/predict", 404, "deployment_not_found")] // environments are lower case
    [InlineData("/production/models/echo/revisions/9/invocations", 404, "revision_not_live")]
    [InlineData("/production/models/..%2f..%2fetc/predict", 404, "deployment_not_found")] // not decoded a second time
    [InlineData("/production/models/echo%0d%0aX: y/predict", 404, "deployment_not_found")]
    public async Task What_is_not_there_is_404(string path, int status, string code)
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        var response = await host.PredictAsync("[1]", path);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        Assert.Empty(replica.Requests);
    }

    [Theory]
    [InlineData("/production/models/echo/predict/")]
    [InlineData("/production//models/echo/predict")]
    [InlineData("/production/models/echo/other")]
    [InlineData("/production/models/echo/revisions/0/invocations")]
    [InlineData("/production/models/echo/revisions/1x/invocations")]
    [InlineData("/production/MODELS/echo/predict")]
    public async Task Another_spelling_of_the_path_reaches_no_model(string path)
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        Assert.Contains((int)(await host.PredictAsync("[1]", path)).StatusCode, new[] { 401, 404 });
        Assert.Empty(replica.Requests);
    }

    [Fact]
    public async Task A_stopped_deployment_is_404_and_one_that_was_never_live_503()
    {
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([], state: RouteState.Stopped);
        Assert.Equal(HttpStatusCode.NotFound, (await host.PredictAsync()).StatusCode);
        await host.PublishAsync([], state: RouteState.NotReady);
        await ShouldBeAsync(await host.PredictAsync(), 503, "not_ready");
        await host.PublishAsync([]);
        await ShouldBeAsync(await host.PredictAsync(), 503, "no_ready_replica");
    }

    [Fact]
    public async Task A_full_queue_is_429_with_retry_after()
    {
        var release = new TaskCompletionSource();
        await using var replica = new FakeReplica(async r =>
        {
            await release.Task;
            await r.AnswerAsync("1");
        });
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], concurrency: 1, maxQueue: 1);
        var running = host.PredictAsync();
        await replica.ReceivedAsync();
        var waiting = host.PredictAsync();
        await host.ReportAsync(r => r.Sets.Any(s => s.Queued == 1));
        await ShouldBeAsync(await host.PredictAsync(), 429, "queue_full");
        release.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await waiting).StatusCode);
    }

    [Fact]
    public async Task Whose_turn_would_come_after_the_deadline_is_429_at_once_though_the_queue_has_room()
    {
        var release = new TaskCompletionSource();
        await using var replica = new FakeReplica(async r =>
        {
            await (r.Text == "[0]" ? Task.Delay(300) : release.Task);
            await r.AnswerAsync("1");
        });
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], concurrency: 1, timeout: TimeSpan.FromSeconds(1.5), maxQueue: 1000);
        await host.PredictAsync("[0]");   // a place is held for 0.3 s, so that at most three may wait
        var sent = Enumerable.Range(0, 20).Select(_ => host.PredictAsync()).ToList();
        var first = await Task.WhenAny(sent);   // nobody has been answered yet
        await ShouldBeAsync(await first, 429, "overloaded");
        release.SetResult();
        Assert.All(await Task.WhenAll(sent), r => Assert.Contains((int)r.StatusCode, new[] { 200, 429, 504 }));
    }

    [Fact]
    public async Task The_deadline_is_504_on_the_replica_and_in_the_queue_and_cancels_what_runs()
    {
        await using var replica = new FakeReplica(_ => Task.CompletedTask);
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], concurrency: 1, timeout: TimeSpan.FromMilliseconds(300));
        var running = host.PredictAsync();
        var request = await replica.ReceivedAsync();
        Assert.InRange(request.Head.DeadlineMs, 1u, 300u);
        var waiting = host.InvokeAsync();
        await ShouldBeAsync(await running, 504, "deadline");
        var late = await waiting;
        Assert.Contains((int)late.StatusCode, (int[])[504, 429]);   // 429 where it came so much later that its turn is there, with too little time for it
        await Task.Delay(Timeout.Infinite, request.Cancelled).ContinueWith(_ => { });
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_and_the_connection_serves_on()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(o => o.MaxBodyBytes = 2_000_000);
        await host.PublishAsync([replica]);
        await ShouldBeAsync(await host.PredictAsync($"\"{new string('x', 2_000_000)}\""), 413, "body_too_large");
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/production/models/echo/invocations") { Content = new StreamContent(new MemoryStream(new byte[3_000_000])) };
        chunked.Headers.TransferEncodingChunked = true;
        await ShouldBeAsync(await host.Client.SendAsync(chunked), 413, "body_too_large");
        Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync()).StatusCode);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task The_envelope_route_takes_JSON_only(string type)
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        using var content = new StringContent("[1]", Encoding.UTF8);
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        await ShouldBeAsync(await host.Client.PostAsync("/production/models/echo", content), 415, "unsupported_media_type");
        Assert.Empty(replica.Requests);
    }

    [Theory]
    [InlineData("text/x\\r\\nSet-Cookie: a=b")]
    [InlineData("text/\\u00e9")]
    [InlineData("")]
    public async Task A_content_type_that_HTTP_cannot_carry_is_a_bad_answer(string type)
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync([1], BodyType.Named, 200, $$"""{"content_type":"{{type}}"}"""));
        await using var host = await GatewayHost.StartAsync(replica);
        var response = await host.InvokeAsync();
        Assert.Equal(502, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_trace_is_passed_on_and_a_false_one_is_not()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        foreach (var value in new[] { Trace, "00-\"},{\"x\":\"0af7651916cd43dd8448eb211c80319c-b7ad6b7169203-01" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/production/models/echo") { Content = new StringContent("1", Encoding.UTF8, "application/json") };
            request.Headers.TryAddWithoutValidation("traceparent", value);
            Assert.Equal(HttpStatusCode.OK, (await host.Client.SendAsync(request)).StatusCode);
        }

        Assert.Equal($$"""{"traceparent":"{{Trace}}"}""", (await replica.ReceivedAsync()).Extras);
        Assert.Equal("", (await replica.ReceivedAsync(2)).Extras);
    }

    internal static async Task ShouldBeAsync(HttpResponseMessage response, int status, string code)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} {body}");
        Assert.Equal(code, JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
        Assert.Equal(status is 429 or 503, response.Headers.RetryAfter is not null);
    }
}
