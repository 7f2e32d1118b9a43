using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Bench;

/// <summary>The HTTP twin of the frame stub, for proxies: finds the end of a request by its Content-Length and answers the same bytes.</summary>
internal static class HttpStub
{
    private static readonly byte[] Response = Encoding.ASCII.GetBytes(
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Answer.Json.Length}\r\n\r\n{Encoding.ASCII.GetString(Answer.Json)}");

    public static Task Run()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port);
        while (true)
        {
            new Connection(listener.Accept()).Receive();
        }
    }

    private sealed class Connection
    {
        private readonly Socket socket;
        private readonly SocketAsyncEventArgs receiving = new(true);
        private readonly byte[] buffer = new byte[65_536];
        private int length;

        public Connection(Socket socket)
        {
            this.socket = socket;
            socket.NoDelay = true;
            receiving.Completed += (_, _) =>
            {
                if (Take())
                {
                    Receive();
                }
            };
        }

        public void Receive()
        {
            do
            {
                receiving.SetBuffer(buffer, length, buffer.Length - length);
                if (socket.ReceiveAsync(receiving))
                {
                    return;
                }
            }
            while (Take());
        }

        private bool Take()
        {
            if (receiving.SocketError != SocketError.Success || receiving.BytesTransferred == 0)
            {
                socket.Dispose();
                return false;
            }

            length += receiving.BytesTransferred;
            var start = 0;
            while (true)
            {
                var rest = buffer.AsSpan(start, length - start);
                var head = rest.IndexOf("\r\n\r\n"u8);
                var whole = head < 0 ? int.MaxValue : head + 4 + BodyLength(rest[..head]);
                if (whole > rest.Length)
                {
                    break;
                }

                start += whole;
                socket.Send(Response);
            }

            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
            return true;
        }

        private static int BodyLength(ReadOnlySpan<byte> head)
        {
            var at = head.IndexOf("Content-Length: "u8);
            return at >= 0 && System.Buffers.Text.Utf8Parser.TryParse(head[(at + 16)..], out int value, out _) ? value : 0;
        }
    }
}
