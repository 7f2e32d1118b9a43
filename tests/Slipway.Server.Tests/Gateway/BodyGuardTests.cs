using System.Net;
using System.Text;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

public sealed class BodyGuardTests
{
    public static TheoryData<string, byte[]> Bad => new()
    {
        { "empty", [] },
        { "not JSON", "{\"a\":"u8.ToArray() },
        { "two texts", "1 2"u8.ToArray() },
        { "a key twice", "{\"a\":1,\"a\":2}"u8.ToArray() },
        { "a key twice by an escape", "{\"a\":1,\"\\u0061\":2}"u8.ToArray() },
        { "a number beyond a double", "[1e400]"u8.ToArray() },
        { "NaN", "[NaN]"u8.ToArray() },
        { "half a surrogate pair", "[\"\\ud800\"]"u8.ToArray() },
        { "U+0000", "[\"\\u0000\"]"u8.ToArray() },
        { "not UTF-8", [(byte)'"', 0xff, (byte)'"'] },
        { "too deep", Encoding.ASCII.GetBytes(new string('[', 100) + new string(']', 100)) },
        { "deep in a large body", Encoding.ASCII.GetBytes($"[\"{new string('x', 50_000)}\",{{\"a\":1,\"a\":1}}]") },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task JSON_that_readers_read_differently_reaches_no_model(string what, byte[] body)
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        using var content = new ByteArrayContent(body);
        content.Headers.Add("Content-Type", "application/json");
        await ErrorTests.ShouldBeAsync(await host.Client.PostAsync("/production/models/echo", content), 400, "invalid_json");
        Assert.True(replica.Requests.IsEmpty, what);
        Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync()).StatusCode);
    }

    [Fact]
    public async Task A_foreign_host_name_is_refused()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync()).StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/production/models/echo") { Content = new StringContent("1", Encoding.UTF8, "application/json") };
        request.Headers.Host = "attacker.example";
        await ErrorTests.ShouldBeAsync(await host.Client.SendAsync(request), 400, "host_not_allowed");
        Assert.Single(replica.Requests);
    }
}
