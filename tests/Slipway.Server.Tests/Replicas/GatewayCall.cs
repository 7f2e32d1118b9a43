using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Serving;

namespace Slipway.Server.Tests.Replicas;

/// <summary>One prediction over a gateway connection of its own, in flight until it is answered.</summary>
internal sealed class GatewayCall : IAsyncDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public static async Task<GatewayCall> StartAsync(ReplicaStatus replica, string json, IServiceProvider services)
    {
        var call = new GatewayCall();
        await call.socket.ConnectAsync(new UnixDomainSocketEndPoint(replica.Socket));
        using var frames = new FrameBuffer();
        frames.Json(
            FrameKind.Hello, ServerHello.Gateway($"test-{Guid.NewGuid():n}", replica.Token, (ulong)services.GetRequiredService<ServerEpoch>().Current),
            ServingJson.Default.ServerHello);
        frames.Predict(1, new PredictHead(Guid.NewGuid(), 0, BodyType.Json, false), [], Encoding.UTF8.GetBytes(json));
        await call.socket.SendAsync(frames.Written);
        await Task.Delay(300);   // until the model is inside
        return call;
    }

    /// <summary>The answer's body; the code of the error when there is one.</summary>
    public async Task<string> AnswerAsync()
    {
        var bytes = new byte[128 * 1024];
        var filled = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(filled));
            Assert.True(read > 0, "The replica closed the connection without an answer.");
            filled += read;
            if (Find(bytes.AsSpan(0, filled)) is { } answer)
            {
                return answer;
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string? Find(ReadOnlySpan<byte> bytes)
    {
        while (Frame.TryRead(bytes, out var frame, out var used))
        {
            switch (frame.Kind)
            {
                case FrameKind.Result:
                    return Encoding.UTF8.GetString(new ResultPayload(frame.Payload).Body);
                case FrameKind.Error:
                    return ReplicaError.Read(frame.Payload).Code;
                default:
                    bytes = bytes[used..];
                    break;
            }
        }

        return null;
    }
}
