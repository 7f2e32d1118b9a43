using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Bench.Registry;

/// <summary>A kept connection that sends requests as bytes and reads no more of an answer than it must: the load shares the processors with the server.</summary>
internal sealed class Load : IDisposable
{
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[1 << 20];
    private readonly string headers;

    public Load(Uri server, string key)
    {
        socket.Connect(server.Host, server.Port);
        headers = $"Host: {server.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n";
    }

    /// <summary>Requests a second of several connections, each sending the next when the answer to the last is there.</summary>
    /// <param name="request">Method and path, and the body, for a connection and its count.</param>
    public static async Task<double> RateAsync(Uri server, string key, int connections, double seconds, Func<int, int, (string Line, string? Body)> request)
    {
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, connections).Select(c => Task.Factory.StartNew(
            () =>
            {
                using var load = new Load(server, key);
                var count = 0;
                while (clock.Elapsed.TotalSeconds < seconds)
                {
                    var (line, body) = request(c, count++);
                    load.Send(line, body);
                }

                return count;
            },
            TaskCreationOptions.LongRunning)));
        return counts.Sum() / clock.Elapsed.TotalSeconds;
    }

    /// <returns>The body.</returns>
    public string Send(string line, string? body)
    {
        var length = body is null ? 0 : Encoding.UTF8.GetByteCount(body);
        socket.Send(Encoding.UTF8.GetBytes($"{line} HTTP/1.1\r\n{headers}Content-Length: {length}\r\n\r\n{body}"));
        var (read, end) = (0, -1);
        while (end < 0)
        {
            read += Receive(read);
            end = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8);
        }

        var head = Encoding.ASCII.GetString(buffer, 0, end);
        if (head[9] != '2')
        {
            throw new InvalidOperationException($"{line}: {head} {Encoding.UTF8.GetString(buffer, end + 4, read - end - 4)}");
        }

        var start = end + 4;
        if (head.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) is var at and >= 0)
        {
            var wanted = start + int.Parse(head[(at + 16)..].Split('\r')[0]);
            while (read < wanted)
            {
                read += Receive(read);
            }
        }
        else if (head.Contains("chunked", StringComparison.OrdinalIgnoreCase))
        {
            while (!buffer.AsSpan(0, read).EndsWith("0\r\n\r\n"u8))
            {
                read += Receive(read);
            }
        }

        return Encoding.UTF8.GetString(buffer, start, read - start);
    }

    public void Dispose() => socket.Dispose();

    private int Receive(int at)
    {
        var got = socket.Receive(buffer, at, buffer.Length - at, SocketFlags.None);
        return got > 0 ? got : throw new InvalidOperationException("The server has closed the connection.");
    }
}
