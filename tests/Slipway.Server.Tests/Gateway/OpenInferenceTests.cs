using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Slipway.Server.Deployments;
using Slipway.Serving;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>Open Inference is a form of the one request path: how it is routed, what the replica is told, and the shape of its errors.</summary>
public sealed class OpenInferenceTests
{
    private const string Infer = "/production/v2/models/echo/infer";
    private const string Body = """{"id":"7","inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""";
    private const string Answer = """{"model_name":"echo","model_version":"1","outputs":[]}""";

    [Fact]
    public async Task The_body_reaches_the_replica_as_it_came_and_the_answer_the_caller()
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync(Answer));
        await using var host = await StartAsync(replica);
        using var response = await host.PredictAsync(Body, Infer);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("1", response.Headers.GetValues("Slipway-Revision").Single());
        Assert.Equal("default", response.Headers.GetValues("Slipway-Variant").Single());
        Assert.Equal("1", response.Headers.GetValues("Slipway-Attempts").Single());
        Assert.Equal(7, Guid.Parse(response.Headers.GetValues("Slipway-Prediction-Id").Single()).Version);
        var request = await replica.ReceivedAsync();
        Assert.Equal(Body, request.Text);
        Assert.Equal("""{"dialect":"open_inference","model_name":"echo","model_version":"1"}""", request.Extras);
    }

    [Fact]
    public async Task Binary_tensors_pass_in_both_directions_with_the_length_of_their_JSON()
    {
        byte[] sent = [.. "{\"inputs\":[]}"u8, 1, 2, 3, 0];
        byte[] answered = [.. "{\"outputs\":[]}"u8, 9, 8];
        await using var replica = new FakeReplica(r => r.AnswerAsync(answered, BodyType.OctetStream, 200, """{"json_length":14}"""));
        await using var host = await StartAsync(replica);
        using var response = await host.Client.SendAsync(Binary(sent, "13"));
        Assert.Equal("14", response.Headers.GetValues("Inference-Header-Content-Length").Single());
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(answered, await response.Content.ReadAsByteArrayAsync());
        var request = await replica.ReceivedAsync();
        Assert.Equal(sent, request.Body);
        Assert.Equal(BodyType.OctetStream, request.Head.Type);
        Assert.Equal("""{"dialect":"open_inference","json_length":13,"model_name":"echo","model_version":"1"}""", request.Extras);
    }

    [Fact]
    public async Task Large_bodies_and_answers_stream()
    {
        var sent = new byte[3_000_000];
        Random.Shared.NextBytes(sent);
        await using var replica = new FakeReplica(r => r.AnswerAsync(r.Body, BodyType.OctetStream));
        await using var host = await StartAsync(replica);
        using var response = await host.Client.SendAsync(Binary(sent, "10"));
        Assert.Equal(sent, await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("v2", 2)]
    [InlineData("V2", 2)]
    [InlineData("v1.0", 1)]         // a label
    [InlineData("@champion", 2)]
    [InlineData("champion", 2)]
    [InlineData("@shared", 2)]      // an alias; without its sign the label of that name wins
    [InlineData("shared", 3)]
    [InlineData("9", 0)]
    [InlineData("0", 0)]
    [InlineData("99999999999999999999", 0)]
    [InlineData("v", 0)]
    [InlineData("@", 0)]
    [InlineData("@v1.0", 0)]
    [InlineData("Champion", 0)]
    [InlineData("%2f", 0)]
    public async Task A_version_that_is_live_answers_and_another_is_404(string version, int answers)
    {
        await using var first = Version(1);
        await using var second = Version(2);
        await using var third = Version(3);
        await using var host = await GatewayHost.StartAsync();
        host.Publish(host.Deployment(
        [
            GatewayHost.Revision(1, 10_000, host.Set("h1", [first]), "onnx", Named("v1.0")),
            GatewayHost.Revision(2, 0, host.Set("h2", [second]), "onnx", Named(null, "champion", "shared")),
            GatewayHost.Revision(3, 0, host.Set("h3", [third]), "onnx", Named("shared")),
        ]));
        await host.ConnectedAsync(first, second, third);
        using var response = await host.PredictAsync(Body, $"/production/v2/models/echo/versions/{version}/infer");
        using var metadata = await host.Administrator.GetAsync($"/production/v2/models/echo/versions/{version}");
        if (answers > 0)
        {
            Assert.Equal($"{answers}", await response.Content.ReadAsStringAsync());
            Assert.Equal(HttpStatusCode.OK, metadata.StatusCode);
        }
        else
        {
            await ShouldBeAsync(response, 404, "version_not_live");
            await ShouldBeAsync(metadata, 404, "version_not_live");
        }

        static FakeReplica Version(int number) => new(r => r.AnswerAsync($"{number}"));
        static VersionRoute Named(string? label, params string[] aliases) => VersionRoute.Plain with { Label = label, Aliases = [.. aliases] };
    }

    [Fact]
    public async Task Without_a_scope_the_keys_default_environment_answers_else_production()
    {
        await using var production = new FakeReplica(r => r.AnswerAsync("\"production\""));
        await using var development = new FakeReplica(r => r.AnswerAsync("\"development\""));
        await using var host = await GatewayHost.StartAsync();
        var live = host.Deployment([GatewayHost.Revision(1, 10_000, host.Set("h1", [production]), "onnx")]);
        host.Publish(live, live with { DeploymentId = Guid.NewGuid(), Environment = "development", Revisions = [GatewayHost.Revision(2, 10_000, host.Set("h2", [development]), "onnx")] });
        await host.ConnectedAsync(production, development);
        Assert.Equal("\"production\"", await (await host.PredictAsync(Body, "/v2/models/echo/infer")).Content.ReadAsStringAsync());
        using var client = host.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "dev");
        using var response = await client.PostAsync("/v2/models/echo/infer", new StringContent(Body, Encoding.UTF8, "application/json"));
        Assert.Equal("\"development\"", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("onnx", false, 200)]
    [InlineData("command", false, 200)]
    [InlineData("python", true, 200)]
    [InlineData("r", true, 200)]
    [InlineData("python", false, 415)]  // no tensors declared
    [InlineData("r", false, 415)]
    public async Task Open_Inference_reaches_who_speaks_tensors(string runtime, bool takesTensors, int status)
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync(Answer));
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], runtime: runtime, version: VersionRoute.Plain with { TakesTensors = takesTensors });
        using var response = await host.PredictAsync(Body, Infer);
        using var metadata = await host.Administrator.GetAsync("/production/v2/models/echo");
        Assert.Equal(status, (int)metadata.StatusCode);
        if (status == 200)
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(runtime == "command", (await replica.ReceivedAsync()).Extras.Length == 0); // a program of its own gets the body and nothing else
        }
        else
        {
            await ShouldBeAsync(response, 415, "dialect_not_supported");
            Assert.Empty(replica.Requests);
        }
    }

    [Theory]
    [InlineData("onnx", false, "invocations", "mlflow")]
    [InlineData("python", true, "invocations", "mlflow")]
    [InlineData("python", false, "invocations", null)]
    [InlineData("command", false, "invocations", null)]
    [InlineData("onnx", false, "predict", null)]
    [InlineData("python", true, "predict", null)]
    public async Task MLflows_bodies_are_announced_to_who_reads_them(string runtime, bool isEstimator, string route, string? dialect)
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync("1"));
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], runtime: runtime, version: VersionRoute.Plain with { IsEstimator = isEstimator });
        Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync("{}", $"/production/models/echo/{route}")).StatusCode);
        Assert.Equal(dialect is null ? "" : $$"""{"dialect":"{{dialect}}"}""", (await replica.ReceivedAsync()).Extras);
    }

    [Fact]
    public async Task Every_error_has_the_protocols_shape_the_right_status_and_our_code()
    {
        await using var replica = new FakeReplica(r => r.Text.Contains("own", StringComparison.Ordinal)
            ? r.ErrorAsync(422, "model_status", """{"field":"age"}""")
            : r.ErrorAsync(400, "shape_mismatch", "Input x has the shape [2]; the model takes x FP32 [1].", fromModel: false, begun: false));
        await using var host = await StartAsync(replica);
        Assert.Equal("Input x has the shape [2]; the model takes x FP32 [1].", (await ShouldBeAsync(await host.PredictAsync(Body, Infer), 400, "shape_mismatch")).GetProperty("error").GetString());
        using var own = await host.PredictAsync("own", Infer);
        Assert.Equal("age", (await ShouldBeAsync(own, 422, "model_status")).GetProperty("detail").GetProperty("field").GetString());
        Assert.Equal("model", own.Headers.GetValues("Slipway-Error-Source").Single());

        await ShouldBeAsync(await host.NoKey.PostAsync(Infer, Json()), 401, "unauthenticated");
        using (var mute = host.NewClient())
        {
            mute.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "mute");
            await ShouldBeAsync(await mute.PostAsync(Infer, Json()), 403, "missing_right");
        }

        await ShouldBeAsync(await host.PredictAsync(Body, "/production/v2/models/nothing/infer"), 404, "deployment_not_found");
        await ShouldBeAsync(await host.PredictAsync(Body, $"/production/v2/models/{new string('a', 4000)}/infer"), 404, "deployment_not_found");
        await ShouldBeAsync(await host.PredictAsync(Body, "/production/v2/models/..%2f..%2fetc/infer"), 404, "deployment_not_found");
        await ShouldBeAsync(await host.PredictAsync(Body, $"{Infer}/"), 404, "not_found");
        foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/csv" })
        {
            using var content = new ByteArrayContent([1]);
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            await ShouldBeAsync(await host.Client.PostAsync(Infer, content), 415, "unsupported_media_type");
        }

        foreach (var length in new[] { "", "-1", "1.5", "x", " 1x", "99999999999999999999", "1,2" })
        {
            await ShouldBeAsync(await host.Client.SendAsync(Binary([1], length)), 400, "malformed_request");
        }

        await host.PublishAsync([], state: RouteState.Stopped, wait: false);
        await ShouldBeAsync(await host.PredictAsync(Body, Infer), 404, "deployment_not_found");
        await host.PublishAsync([], state: RouteState.NotReady, wait: false);
        await ShouldBeAsync(await host.PredictAsync(Body, Infer), 503, "not_ready");
        await ShouldBeAsync(await host.Administrator.GetAsync("/production/v2/models/echo"), 503, "not_ready");
        await host.PublishAsync([], runtime: "onnx", wait: false);
        await ShouldBeAsync(await host.PredictAsync(Body, Infer), 503, "no_ready_replica");
    }

    [Fact]
    public async Task Admission_deadlines_limits_and_retries_are_those_of_every_route()
    {
        var release = new TaskCompletionSource();
        await using var slow = new FakeReplica(async r =>
        {
            await release.Task;
            await r.AnswerAsync(Answer);
        });
        await using var host = await GatewayHost.StartAsync(o => o.MaxBodyBytes = 2_000_000);
        await host.PublishAsync([slow], concurrency: 1, maxQueue: 1, runtime: "onnx");
        var running = host.PredictAsync(Body, Infer);
        await slow.ReceivedAsync();
        var waiting = host.PredictAsync(Body, Infer);
        await host.ReportAsync(r => r.Sets.Any(s => s.Queued == 1));
        await ShouldBeAsync(await host.PredictAsync(Body, Infer), 429, "queue_full");
        release.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await waiting).StatusCode);
        await ShouldBeAsync(await host.Client.SendAsync(Binary(new byte[2_000_001], "5")), 413, "body_too_large");

        await using var silent = new FakeReplica(_ => Task.CompletedTask);
        await host.PublishAsync([silent], timeout: TimeSpan.FromMilliseconds(200), runtime: "onnx");
        await ShouldBeAsync(await host.PredictAsync(Body, Infer), 504, "deadline");

        await using var draining = new FakeReplica(r => r.ErrorAsync(503, "draining", fromModel: false, begun: false));
        await using var good = new FakeReplica(r => r.AnswerAsync(Answer));
        await host.PublishAsync([draining, good], runtime: "onnx");
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync(Body, Infer)).StatusCode);
        }

        Assert.NotEmpty(draining.Requests);
    }

    [Fact]
    public async Task Metadata_readiness_and_statistics_say_what_is_live()
    {
        await using var replica = new FakeReplica(r => r.Text == "bad" ? r.ErrorAsync(400, "malformed_json") : r.AnswerAsync(Answer));
        await using var host = await GatewayHost.StartAsync();
        var signature = """
            {"inputs":[{"name":"image","datatype":"FP32","shape":[-1,64],"dimensions":["batch",null],"structure":null}],
             "outputs":[{"name":"label","datatype":"INT64","shape":[-1],"dimensions":["batch"],"structure":null}],
             "producer":"skl2onnx","producer_version":"1","graph_name":null,"description":null,"ir_version":9,"opsets":{},"metadata":{}}
            """;
        await host.PublishAsync([replica], runtime: "onnx", version: VersionRoute.Plain with { Signature = signature });
        var metadata = await GetAsync("/production/v2/models/echo");
        Assert.Equal(
            """{"name":"echo","versions":["1"],"platform":"onnx_onnxv1","inputs":[{"name":"image","datatype":"FP32","shape":[-1,64]}],"outputs":[{"name":"label","datatype":"INT64","shape":[-1]}]}""",
            metadata.GetRawText());
        Assert.Equal(metadata.GetRawText(), (await GetAsync("/v2/models/echo/versions/1")).GetRawText());
        Assert.Equal("""{"name":"echo","ready":true}""", (await GetAsync("/v2/models/echo/ready")).GetRawText());
        Assert.Equal("""{"name":"echo","ready":true}""", (await GetAsync("/production/v2/models/echo/versions/1/ready")).GetRawText());

        for (var i = 0; i < 3; i++)
        {
            await host.PredictAsync(Body, Infer);
        }

        await host.PredictAsync("bad", Infer);
        foreach (var path in new[] { "/v2/models/stats", "/v2/models/echo/stats", "/production/v2/models/echo/versions/1/stats" })
        {
            var stats = (await GetAsync(path)).GetProperty("model_stats").EnumerateArray().Single();
            Assert.Equal("echo", stats.GetProperty("name").GetString());
            Assert.Equal("1", stats.GetProperty("version").GetString());
            Assert.Equal(3, stats.GetProperty("inference_count").GetInt64());
            Assert.InRange(stats.GetProperty("last_inference").GetInt64(), DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            var durations = stats.GetProperty("inference_stats");
            Assert.Equal(3, durations.GetProperty("success").GetProperty("count").GetInt64());
            Assert.Equal(1, durations.GetProperty("fail").GetProperty("count").GetInt64());
            Assert.InRange(durations.GetProperty("compute_infer").GetProperty("ns").GetInt64(), 1, durations.GetProperty("success").GetProperty("ns").GetInt64() + durations.GetProperty("fail").GetProperty("ns").GetInt64());
        }

        await host.PublishAsync([], runtime: "onnx", wait: false);
        using var away = await host.Administrator.GetAsync("/v2/models/echo/ready");
        Assert.Equal(503, (int)away.StatusCode);
        Assert.Equal("""{"name":"echo","ready":false}""", await away.Content.ReadAsStringAsync());
        await ShouldBeAsync(await host.Administrator.GetAsync("/v2/models/nothing/ready"), 404, "deployment_not_found");

        async Task<JsonElement> GetAsync(string path) => await host.Administrator.GetFromJsonAsync<JsonElement>(path);
    }

    [Fact]
    public async Task The_server_says_what_it_is_and_that_it_lives()
    {
        await using var host = await GatewayHost.StartAsync();
        foreach (var prefix in new[] { "/v2", "/v2/", "/production/v2" })
        {
            var server = await host.Administrator.GetFromJsonAsync<JsonElement>(prefix);
            Assert.Equal("slipway", server.GetProperty("name").GetString());
            Assert.Equal(["binary_tensor_data", "statistics"], server.GetProperty("extensions").EnumerateArray().Select(e => e.GetString()));
            Assert.Matches(@"^\d+\.\d+\.\d+$", server.GetProperty("version").GetString());
        }

        Assert.Equal("""{"live":true}""", await host.NoKey.GetStringAsync("/v2/health/live"));
        Assert.Equal("""{"live":true,"ready":true}""", await host.NoKey.GetStringAsync("/v2/health/ready"));
        await ShouldBeAsync(await host.NoKey.GetAsync("/v2"), 401, null);
        await ShouldBeAsync(await host.NoKey.GetAsync("/v2/models/echo"), 401, null);
    }

    [Fact]
    public async Task What_no_route_answers_below_v2_has_the_protocols_shape_too()
    {
        await using var host = await GatewayHost.StartAsync();
        (string Method, string Path, int Status, string? Allow)[] rows =
        [
            ("GET", "/models/digits/infer", 405, "POST"),
            ("PUT", "/models/digits/versions/1/infer", 405, "POST"),
            ("DELETE", "/models/digits", 405, "GET"),
            ("POST", "/models/digits/ready", 405, "GET"),
            ("POST", "/health/live", 405, "HEAD"),
            ("GET", "/foo", 404, null),
            ("GET", "/models", 404, null),
            ("POST", "/models/", 404, null),
            ("POST", "/repository/index", 404, null),
            ("POST", "/models/digits/generate", 404, null),
            ("POST", "/models/digits/generate_stream", 404, null),
            ("GET", "/models/digits/config", 404, null),
        ];
        foreach (var (method, path, status, allow) in rows)
        {
            foreach (var prefix in new[] { "/v2", "/production/v2", "/V2" })
            {
                var response = await SendAsync(method, prefix + path);
                Assert.True(allow is null || response.Content.Headers.Allow.Contains(allow), $"{method} {prefix}{path}: {string.Join(' ', response.Content.Headers.Allow)}");
                await ShouldBeAsync(response, status, status == 405 ? "method_not_allowed" : "not_found");
            }
        }

        await ShouldBeAsync(await SendAsync("POST", "/v2/models/digits"), 404, "not_found");   // the router reads it as a predict route of a scope v2
        await ShouldBeAsync(await SendAsync("POST", "/production/v2/models/digits"), 405, "method_not_allowed");
        await ShouldBeAsync(await SendAsync("POST", "/v2"), 405, "method_not_allowed");

        foreach (var path in new[] { "/v20/foo", "/api/v2/foo", "/models/v2/foo", "/production/models/v2/foo/bar" })
        {
            using var ours = await SendAsync("GET", path);
            Assert.Equal((404, "application/problem+json"), ((int)ours.StatusCode, ours.Content.Headers.ContentType!.MediaType));
        }

        foreach (var path in new[] { "/v2/health/live", "/v2/health/ready", "/production/v2/health/ready" })
        {
            using var head = await host.NoKey.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal((HttpStatusCode.OK, "application/json"), (head.StatusCode, head.Content.Headers.ContentType!.MediaType));
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }

        Task<HttpResponseMessage> SendAsync(string method, string path) => host.Administrator.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
    }

    [Fact]
    public async Task It_is_recorded_as_what_it_is()
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync(Answer));
        await using var host = await StartAsync(replica);
        using var response = await host.PredictAsync(Body, Infer);
        var id = response.Headers.GetValues("Slipway-Prediction-Id").Single();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        JsonElement item;
        do
        {
            await Task.Delay(50, patience.Token);
            var page = await host.Administrator.GetFromJsonAsync<JsonElement>("/api/v1/predictions?environment=production&deployment=echo", patience.Token);
            item = page.GetProperty("items").EnumerateArray().FirstOrDefault(i => i.GetProperty("id").GetString() == id && i.GetProperty("status").ValueKind == JsonValueKind.Number);
        }
        while (item.ValueKind == JsonValueKind.Undefined);
        Assert.Equal("open_inference", item.GetProperty("dialect").GetString());
        Assert.Equal(200, item.GetProperty("status").GetInt32());
        Assert.Equal(Body.Length, item.GetProperty("input_bytes").GetInt64());
    }

    private static async Task<GatewayHost> StartAsync(FakeReplica replica)
    {
        var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], runtime: "onnx");
        return host;
    }

    private static StringContent Json() => new(Body, Encoding.UTF8, "application/json");

    private static HttpRequestMessage Binary(byte[] body, string jsonLength)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Infer) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", jsonLength);
        return request;
    }

    /// <param name="code">Null: any.</param>
    private static async Task<JsonElement> ShouldBeAsync(HttpResponseMessage response, int status, string? code)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} {text}");
            Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
            var body = JsonElement.Parse(text);
            Assert.NotEmpty(body.GetProperty("error").GetString()!);
            Assert.Equal(code ?? body.GetProperty("code").GetString(), body.GetProperty("code").GetString());
            Assert.Equal(status is 429 or 503, response.Headers.RetryAfter is not null);
            return body;
        }
    }
}
