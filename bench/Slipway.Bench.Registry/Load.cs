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
    private int read;
    private int sent;

    public Load(Uri server, string key)
    {
        socket.Connect(server.Host, server.Port);
        headers = $"Host: {server.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n";
    }

    /// <summary>
    /// Requests a second of several connections, each sending the next when the answer to the last is there, all whole. One thread has all connections, as a load generator does: with one for
    /// each, waking them would cost more than the sending.
    /// </summary>
    /// <param name="request">Method and path, and the body, for a connection and its count. The same texts as the last time of the connection are sent as the same bytes.</param>
    public static Task<double> RateAsync(Uri server, string key, int connections, double seconds, Func<int, int, (string Line, string? Body)> request) => Task.Factory.StartNew(
        () =>
        {
            var loads = Enumerable.Range(0, connections).Select(_ => new Load(server, key)).ToArray();
            var bySocket = loads.Select((load, place) => (load, place)).ToDictionary(one => one.load.socket, one => one.place);
            var last = new (string Line, string? Body, byte[] Bytes)[connections];
            var clock = Stopwatch.StartNew();
            for (var place = 0; place < connections; place++)
            {
                SendNext(place);
            }

            var (answered, ready) = (0, new List<Socket>(connections));
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                ready.Clear();
                ready.AddRange(bySocket.Keys);
                Socket.Select(ready, null, null, TimeSpan.FromSeconds(30));
                foreach (var socket in ready)
                {
                    var place = bySocket[socket];
                    if (loads[place].TakeSome(last[place].Line) is not null)
                    {
                        answered++;
                        SendNext(place);
                    }
                }
            }

            var took = clock.Elapsed.TotalSeconds;
            Array.ForEach(loads, load => load.Dispose());
            return answered / took;

            void SendNext(int place)
            {
                var (line, body) = request(place, loads[place].sent);
                if (!ReferenceEquals(line, last[place].Line) || !ReferenceEquals(body, last[place].Body))
                {
                    last[place] = (line, body, loads[place].Bytes(line, body));
                }

                loads[place].Send(last[place].Bytes);
            }
        },
        TaskCreationOptions.LongRunning);

    /// <returns>The body; where it comes in chunks, with their lengths.</returns>
    public string Send(string line, string? body)
    {
        Send(Bytes(line, body));
        Range? whole;
        do
        {
            whole = TakeSome(line);
        }
        while (whole is null);

        return Encoding.UTF8.GetString(buffer.AsSpan(whole.Value));
    }

    public void Dispose() => socket.Dispose();

    private byte[] Bytes(string line, string? body) =>
        Encoding.UTF8.GetBytes($"{line} HTTP/1.1\r\n{headers}Content-Length: {(body is null ? 0 : Encoding.UTF8.GetByteCount(body))}\r\n\r\n{body}");

    private void Send(byte[] bytes)
    {
        read = 0;
        sent++;
        socket.Send(bytes);
    }

    /// <summary>Receives once.</summary>
    /// <returns>Where the body lies, when the answer is whole.</returns>
    private Range? TakeSome(string line)
    {
        var got = socket.Receive(buffer, read, buffer.Length - read, SocketFlags.None);
        read += got > 0 ? got : throw new InvalidOperationException("The server has closed the connection.");
        var answer = buffer.AsSpan(0, read);
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        var head = answer[..end];
        var start = end + 4;
        var whole = HeaderOf(head, "\r\nContent-Length: "u8) is { } length
            ? read >= start + length
            : head.IndexOf("chunked"u8) < 0 || answer.EndsWith("0\r\n\r\n"u8);
        if (whole && head[9] != '2')
        {
            throw new InvalidOperationException($"{line}: {Encoding.UTF8.GetString(answer)}");
        }

        return whole ? start..read : null;
    }

    private static int? HeaderOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        var at = head.IndexOf(name);
        return at >= 0 && System.Buffers.Text.Utf8Parser.TryParse(head[(at + name.Length)..], out int value, out _) ? value : null;
    }
}
