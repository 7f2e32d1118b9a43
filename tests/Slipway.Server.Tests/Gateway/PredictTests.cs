using System.Net;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

public sealed class PredictTests
{
    [Theory]
    [InlineData("/production/models/echo")]
    [InlineData("/production/models/echo/predict")]
    [InlineData("/models/echo/predict")]
    public async Task The_envelope_has_the_models_bytes_as_its_result(string path)
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync("""{"class":  "setosa"}"""));
        await using var host = await GatewayHost.StartAsync(replica);
        var response = await host.PredictAsync("[5.1,3.5]", path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        var text = await response.Content.ReadAsStringAsync();
        var id = response.Headers.GetValues("Slipway-Prediction-Id").Single();
        Assert.Equal(7, Guid.Parse(id).Version);
        var envelope = JsonDocument.Parse(text).RootElement;
        Assert.Equal(["status", "timestamp", "result", "promote_id", "model_name", "model_version"], envelope.EnumerateObject().Select(p => p.Name));
        Assert.Equal("OK", envelope.GetProperty("status").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", envelope.GetProperty("timestamp").GetString());
        Assert.Contains("""
            "result":{"class":  "setosa"},
            """, text);
        Assert.Equal(id, envelope.GetProperty("promote_id").GetString());
        Assert.Equal("echo-model", envelope.GetProperty("model_name").GetString());
        Assert.Equal("1", envelope.GetProperty("model_version").GetString());
        Assert.Equal("1", response.Headers.GetValues("Slipway-Revision").Single());
        Assert.Equal("default", response.Headers.GetValues("Slipway-Variant").Single());
        Assert.Equal("1", response.Headers.GetValues("Slipway-Attempts").Single());
        Assert.True(double.Parse(response.Headers.GetValues("Slipway-Replica-Ms").Single()) > 0);
        Assert.Equal("[5.1,3.5]", (await replica.ReceivedAsync()).Text);
    }

    [Fact]
    public async Task Invocations_pass_body_answer_and_content_types_through()
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync([1, 0, 255], BodyType.Named, 200, """{"content_type":"image/png"}"""));
        await using var host = await GatewayHost.StartAsync(replica);
        using var content = new ByteArrayContent([7, 0, 8]);
        content.Headers.TryAddWithoutValidation("Content-Type", "image/jpeg");
        var response = await host.Client.PostAsync("/production/models/echo/invocations", content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("image/png", response.Content.Headers.ContentType!.ToString());
        Assert.Equal([1, 0, 255], await response.Content.ReadAsByteArrayAsync());
        var request = await replica.ReceivedAsync();
        Assert.Equal([7, 0, 8], request.Body);
        Assert.Equal("""{"content_type":"image/jpeg"}""", request.Extras);
    }
}
