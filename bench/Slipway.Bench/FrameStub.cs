using System.Net.Sockets;
using System.Text.Json;
using Slipway.Serving;

namespace Slipway.Bench;

/// <summary>
/// A replica that does nothing but answer: one blocking thread per connection, all frames of a read answered by one write. The JSON text <c>"stream"</c> is answered by a stream of fifty chunks, each a write of its own, as
/// of a model that yields.
/// </summary>
internal static class FrameStub
{
    private const int Chunks = 50;

    private static readonly byte[] StreamExtras = JsonSerializer.SerializeToUtf8Bytes(new ResultExtras("application/x-ndjson", null, true), ServingJson.Default.ResultExtras);

    public static Task Run(string path, string token)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(16);
        Console.WriteLine("ready");
        while (true)
        {
            var connection = listener.Accept();
            new Thread(() => Serve(connection, token)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket connection, string token)
    {
        using var answers = new FrameBuffer();
        var buffer = new byte[1 << 20];
        var length = 0;
        while (true)
        {
            var read = connection.Receive(buffer.AsSpan(length));
            if (read == 0)
            {
                return;
            }

            length += read;
            var start = 0;
            while (Frame.TryRead(buffer.AsSpan(start, length - start), out var frame, out var consumed))
            {
                start += consumed;
                Take(frame, token, answers, connection);
            }

            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
            Send(connection, answers);
        }
    }

    private static void Send(Socket connection, FrameBuffer answers)
    {
        for (var rest = answers.Written.Span; !rest.IsEmpty;)
        {
            rest = rest[connection.Send(rest)..];
        }

        answers.Clear();
    }

    private static void Stream(ulong request, FrameBuffer answers, Socket connection)
    {
        answers.Result(request, true, 200, BodyType.Named, StreamExtras, default);
        for (var i = 0; i < Chunks; i++)
        {
            answers.Chunk(request, Answer.Event);
            Send(connection, answers);
        }

        answers.End(request, broken: false, default);
    }

    private static void Take(Frame frame, string token, FrameBuffer answers, Socket connection)
    {
        switch (frame.Kind)
        {
            case FrameKind.Hello when JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ServerHello)!.Token == token:
                answers.Json(FrameKind.Hello, new ReplicaHello(1, "stub", Environment.ProcessId, "ready"), ServingJson.Default.ReplicaHello);
                answers.Json(FrameKind.Loaded, new ReplicaLoaded(0, 1, false, 1, false, ["predict"]), ServingJson.Default.ReplicaLoaded);
                break;
            case FrameKind.Predict when new PredictPayload(frame.Payload).Body.SequenceEqual("\"stream\""u8):
                Stream(frame.RequestId, answers, connection);
                break;
            case FrameKind.Predict:
                answers.Result(frame.RequestId, false, 200, BodyType.Json, default, Answer.Json);
                break;
            case FrameKind.Ping:
                answers.Pong(default);
                break;
        }
    }
}
