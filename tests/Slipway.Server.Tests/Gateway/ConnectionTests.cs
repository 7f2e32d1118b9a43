using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>What HTTP/1.1 asks of a connection that goes on after errors, and of a server that stops.</summary>
public sealed partial class ConnectionTests
{
    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var replica = new FakeReplica(async r =>
        {
            await Task.Delay(r.Text == "0" ? 50 : 0);
            await r.AnswerAsync(r.Text);
        });
        await using var host = await GatewayHost.StartAsync(replica);
        using var socket = await StreamTests.ConnectAsync(host);
        var requests = Enumerable.Range(0, 5).SelectMany(i => StreamTests.Request("/production/models/echo/predict", i.ToString())).ToArray();
        await socket.SendAsync(requests);
        var text = await StreamTests.ReadUntilAsync(socket, "\"result\":4");
        Assert.Equal(["0", "1", "2", "3", "4"], Result().Matches(text).Select(m => m.Groups["n"].Value));
    }

    [Theory]
    [InlineData("Authorization: Bearer wrong\r\n", "/production/models/echo", 401)]
    [InlineData("", "/production/models/nothing", 404)]
    public async Task A_refusal_leaves_its_body_unread_and_the_next_request_whole(string headers, string path, int status)
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        using var socket = await StreamTests.ConnectAsync(host);
        var smuggled = "POST /production/models/echo HTTP/1.1 is only text in here";
        var refused = Encoding.ASCII.GetString(StreamTests.Request(path, smuggled));
        refused = headers.Length == 0 ? refused : refused.Replace($"Authorization: Bearer {GatewayHost.Key}\r\n", headers, StringComparison.Ordinal);
        await socket.SendAsync(Encoding.ASCII.GetBytes(refused));
        await socket.SendAsync(StreamTests.Request("/production/models/echo", "42"));
        var text = await StreamTests.ReadUntilAsync(socket, "\"result\":42");
        Assert.Equal([status.ToString(), "200"], Status().Matches(text).Select(m => m.Groups["n"].Value));
        Assert.Single(replica.Requests);
    }

    [Fact]
    public async Task A_header_line_break_in_the_path_splits_nothing()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        using var socket = await StreamTests.ConnectAsync(host);
        await socket.SendAsync(StreamTests.Request("/production/models/echo%0d%0aSet-Cookie:%20a=b", "1"));
        var text = await StreamTests.ReadUntilAsync(socket, "deployment_not_found");
        Assert.DoesNotContain("Set-Cookie", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stops_finishes_what_it_has_begun()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var replica = new FakeReplica(async r =>
        {
            await release.Task;
            await r.AnswerAsync("1");
        });
        var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], concurrency: 4);
        var client = host.NewClient();
        client.DefaultRequestHeaders.Authorization = host.Client.DefaultRequestHeaders.Authorization;
        var running = Enumerable.Range(0, 16)
            .Select(_ => client.PostAsync("/production/models/echo", new StringContent("1", Encoding.UTF8, "application/json"))).ToList();
        await replica.ReceivedAsync(4);
        await host.ReportAsync(r => r.Sets.Any(s => s.InFlight + s.Queued == 16));
        var stopping = host.DisposeAsync();
        release.SetResult();
        await stopping;
        foreach (var response in await Task.WhenAll(running))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [GeneratedRegex("\"result\":(?<n>\\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Result();

    [GeneratedRegex("HTTP/1.1 (?<n>\\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Status();
}
