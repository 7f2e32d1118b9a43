using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

public sealed class StreamTests
{
    [Theory]
    [InlineData("/production/models/echo/invocations")]
    [InlineData("/production/models/echo/predict")] // the same stream, without an envelope
    public async Task Each_item_arrives_when_it_is_yielded(string path)
    {
        var yielded = new SemaphoreSlim(0);
        await using var replica = new FakeReplica(async r =>
        {
            r.BeginStream();
            for (var i = 0; i < 3; i++)
            {
                await yielded.WaitAsync();
                await r.ChunkAsync($"{{\"n\":{i}}}\n");
            }

            r.End();
        });
        await using var host = await GatewayHost.StartAsync(replica);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("1", Encoding.UTF8, "application/json") };
        var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead); // before the first item
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.ToString());
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var i = 0; i < 3; i++)
        {
            var line = reader.ReadLineAsync();
            Assert.False(line.IsCompleted);
            yielded.Release(); // only now is the item made: what arrives cannot have been held back
            Assert.Equal($"{{\"n\":{i}}}", await line.WaitAsync(TimeSpan.FromSeconds(5)));
        }

        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Items_one_second_apart_arrive_one_second_apart()
    {
        await using var replica = new FakeReplica(async r =>
        {
            r.BeginStream("text/plain; charset=utf-8");
            for (var i = 0; i < 3; i++)
            {
                await r.ChunkAsync($"{i}\n");
                await Task.Delay(1000);
            }

            r.End();
        });
        await using var host = await GatewayHost.StartAsync(replica);
        var response = await host.InvokeAsync(completion: HttpCompletionOption.ResponseHeadersRead);
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await reader.ReadLineAsync();
        for (var i = 1; i < 3; i++)
        {
            var since = Stopwatch.StartNew();
            Assert.Equal(i.ToString(), await reader.ReadLineAsync());
            Assert.InRange(since.ElapsedMilliseconds, 700, 1500);
        }
    }

    [Fact]
    public async Task A_stream_that_breaks_breaks_the_connection()
    {
        await using var replica = new FakeReplica(async r =>
        {
            r.BeginStream();
            await r.ChunkAsync("{}\n");
            r.End(broken: true);
        });
        await using var host = await GatewayHost.StartAsync(replica);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.InvokeAsync());
        Assert.Equal(1, (await host.ReportAsync(r => r.Outcomes.Length > 0)).Outcomes.Sum(o => o.Failures));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_that_goes_away_cancels_the_request(bool afterTheFirstItem)
    {
        await using var replica = new FakeReplica(async r =>
        {
            if (afterTheFirstItem)
            {
                r.BeginStream();
                await r.ChunkAsync("{}\n");
            }
        });
        await using var host = await GatewayHost.StartAsync(replica);
        using (var socket = await ConnectAsync(host))
        {
            await socket.SendAsync(Request("/production/models/echo/invocations", "1"));
            var request = await replica.ReceivedAsync();
            if (afterTheFirstItem)
            {
                await ReadUntilAsync(socket, "{}\n");
            }

            socket.Close();
            var since = Stopwatch.StartNew();
            while (!request.Cancelled.IsCancellationRequested && since.ElapsedMilliseconds < 5000)
            {
                await Task.Delay(5);
            }

            Assert.True(request.Cancelled.IsCancellationRequested);
        }

        var gateway = (Slipway.Server.Gateway.Gateway)host.Services.GetService(typeof(Slipway.Server.Gateway.Gateway))!;
        var admission = gateway.Table.Targets[0].Revisions[0].Default.Admission;
        while (admission.Now.InFlight != 0)
        {
            await Task.Delay(5);
        }
    }

    [Fact]
    public async Task Large_bodies_pass_whole_in_both_directions()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        foreach (var size in new[] { 0, 64_999, 65_000, 65_001, 300_000, 1_048_576, 1_048_577, 8_000_000 })
        {
            var body = RandomNumberGenerator.GetBytes(size);
            foreach (var chunked in new[] { false, true })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/production/models/echo/invocations") { Content = new ByteArrayContent(body) };
                request.Headers.TransferEncodingChunked = chunked;
                var response = await host.Client.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                var answer = await response.Content.ReadAsByteArrayAsync();
                Assert.True(body.AsSpan().SequenceEqual(answer), $"{size} {chunked}");
            }
        }
    }

    [Fact]
    public async Task A_long_JSON_answer_is_wrapped_too()
    {
        var text = $"\"{new string('x', 500_000)}\"";
        await using var replica = new FakeReplica(r => r.AnswerAsync(text));
        await using var host = await GatewayHost.StartAsync(replica);
        var envelope = JsonDocument.Parse(await (await host.PredictAsync()).Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(text, envelope.GetProperty("result").GetRawText());
        Assert.Equal("echo-model", envelope.GetProperty("model_name").GetString());
    }

    [Fact]
    public async Task A_slow_reader_blocks_nobody_else()
    {
        await using var replica = new FakeReplica(async r =>
        {
            if (r.Text == "\"big\"")
            {
                await r.AnswerAsync(new byte[50_000_000], BodyType.OctetStream);
                return;
            }

            await r.AnswerAsync("1");
        });
        await using var host = await GatewayHost.StartAsync(replica);
        using var socket = await ConnectAsync(host);
        await socket.SendAsync(Request("/production/models/echo/invocations", "\"big\""));
        await replica.ReceivedAsync();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync().WaitAsync(TimeSpan.FromSeconds(5))).StatusCode);
        }
    }

    [Fact]
    public async Task A_replica_that_takes_no_more_body_holds_up_that_request_only()
    {
        await using var replica = new FakeReplica { GrantsCredit = false };
        await using var host = await GatewayHost.StartAsync(replica);
        var stuck = host.Client.PostAsync("/production/models/echo/invocations", new ByteArrayContent(new byte[4_000_000]));
        while (Interlocked.Read(ref replica.BodyBytes) < Frame.Credit)
        {
            await Task.Delay(5);
        }

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync().WaitAsync(TimeSpan.FromSeconds(5))).StatusCode);
        }

        Assert.InRange(replica.BodyBytes, Frame.Credit, Frame.Credit + 100);
        Assert.False(stuck.IsCompleted);
        replica.Kill();
        await ErrorTests.ShouldBeAsync(await stuck, 503, "replica_unreachable"); // it never had the whole body, so nothing had begun
    }

    [Fact]
    public async Task A_body_that_ends_early_is_cancelled_at_the_replica()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        using var socket = await ConnectAsync(host);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"POST /production/models/echo/invocations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {GatewayHost.Key}\r\nContent-Length: 2000000\r\n\r\nshort"));
        var request = await replica.ReceivedAsync();
        socket.Close();
        await Task.Delay(Timeout.Infinite, request.Cancelled).ContinueWith(_ => { }).WaitAsync(TimeSpan.FromSeconds(5));
    }

    internal static async Task<Socket> ConnectAsync(GatewayHost host)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host.Address.Host, host.Address.Port);
        return socket;
    }

    internal static byte[] Request(string path, string body, string headers = "") => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {GatewayHost.Key}\r\nContent-Type: application/json\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}");

    internal static async Task<string> ReadUntilAsync(Socket socket, string end)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer, patience.Token);
            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
