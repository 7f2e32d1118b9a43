using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Slipway.Bench;

/// <summary>
/// Load that does not wait for answers: each request has a time at which it is due, and its latency counts from then, so that a server that falls behind cannot slow the questions down.
/// Plain sockets and a request made once, because a client that costs as much as the server would be what is measured.
/// </summary>
internal sealed partial class OpenLoop
{
    private const int Connections = 4_096;
    private const double LongestNap = 0.0005;   // seconds: what is due meanwhile is late by as much

    private readonly Stopwatch watch = new();
    private readonly Lock gate = new();
    private readonly Stack<Connection> idle = new();       // under the lock
    private readonly Queue<double> overdue = new();        // due and without a connection; under the lock
    private readonly List<float> good;                     // milliseconds; under the lock, as are the counts
    private readonly float[] late;                         // milliseconds between due and sent, by request
    private readonly byte[] request;
    private readonly TaskCompletionSource over = new();
    private readonly int count;
    private int ended;
    private long refused;
    private long withRetry;
    private long other;
    private int sent;

    private OpenLoop(byte[] request, int count) => (this.request, this.count, good, late) = (request, count, new List<float>(count), new float[count]);

    /// <summary>
    /// Prints one line of JSON: sent, good, refused (429 and 503), with_retry_after, other, the quantiles of the good, how late the load itself was (99 of 100 requests, and at most), and the
    /// share of all that was good within each of the limits, in milliseconds.
    /// </summary>
    public static async Task<int> RunAsync(string url, string key, string body, double rate, double seconds, double[] limitsMs)
    {
        var to = new Uri(url);
        var text = string.Create(CultureInfo.InvariantCulture, $"POST {to.PathAndQuery} HTTP/1.1\r\nHost: {to.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        var loop = new OpenLoop(Encoding.UTF8.GetBytes(text), (int)(rate * seconds));
        for (var i = 0; i < Connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, to.Port)).ConfigureAwait(false);
            loop.idle.Push(new Connection(loop, socket));
        }

        var pacer = new Thread(() => loop.Pace(rate)) { Name = "pacer" };
        pacer.Start();
        await loop.over.Task.WaitAsync(TimeSpan.FromSeconds(seconds + 60)).ConfigureAwait(false);
        loop.Print(seconds, limitsMs);
        return 0;
    }

    /// <summary>Sends what is due, and naps in between: a thread that spun would be in the way of the one that takes the answers.</summary>
    private void Pace(double rate)
    {
        watch.Start();
        for (var i = 0; i < count; i++)
        {
            var due = i / rate;
            for (double left; (left = due - watch.Elapsed.TotalSeconds) > 0;)
            {
                _ = Nap((uint)(Math.Min(left, LongestNap) * 1e6));
            }

            Connection? connection;
            lock (gate)
            {
                if (!idle.TryPop(out connection))
                {
                    overdue.Enqueue(due);
                }
            }

            connection?.Ask(due);
        }
    }

    private void Sent(double due) => late[Interlocked.Increment(ref sent) - 1] = (float)((watch.Elapsed.TotalSeconds - due) * 1e3);

    [LibraryImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Nap(uint micros);

    /// <summary>An answer, or 0 for none: counts it, and gives the connection the next question.</summary>
    private void Answered(Connection connection, double due, int status, bool hasRetryAfter)
    {
        var next = double.NaN;
        lock (gate)
        {
            if (status is >= 200 and < 300)
            {
                good.Add((float)((watch.Elapsed.TotalSeconds - due) * 1e3));
            }
            else if (status is 429 or 503)
            {
                refused++;
                withRetry += hasRetryAfter ? 1 : 0;
            }
            else
            {
                other++;
            }

            if (++ended == count)
            {
                over.TrySetResult();
            }

            if (status != 0 && !overdue.TryDequeue(out next))
            {
                next = double.NaN;
                idle.Push(connection);
            }
        }

        if (!double.IsNaN(next))
        {
            connection.Ask(next);
        }
    }

    private void Print(double seconds, double[] limitsMs)
    {
        good.Sort();
        Array.Sort(late);
        var within = string.Join(',', limitsMs.Select(limit => ((double)good.Count(ms => ms <= limit) / count).ToString("0.00000", CultureInfo.InvariantCulture)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""{"sent":{{count}},"good":{{good.Count}},"good_per_second":{{good.Count / seconds:0.0}},"refused":{{refused}},"with_retry_after":{{withRetry}},"other":{{other}},"p50_ms":{{At(0.5):0.00}},"p99_ms":{{At(0.99):0.00}},"p999_ms":{{At(0.999):0.00}},"late_p99_ms":{{late[(int)(0.99 * count)]:0.00}},"late_ms":{{late[^1]:0.00}},"within":[{{within}}]}"""));

        float At(double share) => good.Count == 0 ? 0 : good[Math.Min(good.Count - 1, (int)(share * good.Count))];
    }

    /// <summary>One connection with at most one question under way. An answer has a Content-Length; one that has not ends the connection.</summary>
    private sealed class Connection
    {
        private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

        private readonly OpenLoop loop;
        private readonly Socket socket;
        private readonly SocketAsyncEventArgs receive = new();
        private readonly byte[] buffer = new byte[4_096];
        private int filled;
        private double due;

        public Connection(OpenLoop loop, Socket socket)
        {
            (this.loop, this.socket) = (loop, socket);
            receive.Completed += (_, _) => Receive();
        }

        public void Ask(double due)
        {
            (this.due, filled) = (due, 0);
            loop.Sent(due);
            try
            {
                socket.Send(loop.request);
                receive.SetBuffer(buffer, 0, buffer.Length);
                if (!socket.ReceiveAsync(receive))
                {
                    Receive();
                }
            }
            catch (SocketException)
            {
                loop.Answered(this, due, 0, false);
            }
        }

        private void Receive()
        {
            do
            {
                if (receive.SocketError != SocketError.Success || receive.BytesTransferred == 0)
                {
                    loop.Answered(this, due, 0, false);
                    return;
                }

                filled += receive.BytesTransferred;
                if (IsWhole(out var status, out var hasRetryAfter))
                {
                    loop.Answered(this, due, status, hasRetryAfter);
                    return;
                }

                receive.SetBuffer(buffer, filled, buffer.Length - filled);
            }
            while (!socket.ReceiveAsync(receive));
        }

        private bool IsWhole(out int status, out bool hasRetryAfter)
        {
            (status, hasRetryAfter) = (0, false);
            var bytes = buffer.AsSpan(0, filled);
            var end = bytes.IndexOf(EndOfHead);
            if (end < 0)
            {
                return false;
            }

            var head = bytes[..(end + 2)];
            _ = Utf8Parser.TryParse(head[9..12], out status, out int _);
            hasRetryAfter = head.IndexOf("\r\nRetry-After: "u8) >= 0;
            var at = head.IndexOf("\r\nContent-Length: "u8) is var ours and >= 0 ? ours : head.IndexOf("\r\ncontent-length: "u8);   // as uvicorn writes it
            if (at < 0 || !Utf8Parser.TryParse(head[(at + 18)..], out int length, out int _))
            {
                status = 0;
                return true;
            }

            return bytes.Length >= end + 4 + length;
        }
    }
}
