using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Slipway.Bench;

/// <summary>
/// Load that does not wait for answers: each request has a time at which it is due, and its latency counts from then, so that a server that falls behind cannot slow the questions down.
/// </summary>
internal static class OpenLoop
{
    /// <summary>Prints one line of JSON: sent, good, refused (429 and 503), with_retry_after, other, and the share of the good within each of the limits, in milliseconds.</summary>
    public static async Task<int> RunAsync(string url, string key, string body, double rate, double seconds, double[] limitsMs)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 4096, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1) }) { Timeout = TimeSpan.FromSeconds(30) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var content = Encoding.UTF8.GetBytes(body);
        var good = new ConcurrentBag<double>();
        var count = (int)(rate * seconds);
        long refused = 0, withRetry = 0, other = 0;
        var asked = new List<Task>(count);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            var due = i / rate;
            while (watch.Elapsed.TotalSeconds < due)
            {
                if (due - watch.Elapsed.TotalSeconds > 0.0015)
                {
                    await Task.Delay(1);
                }
                else
                {
                    Thread.Yield();
                }
            }

            asked.Add(AskAsync(due));
        }

        await Task.WhenAll(asked);
        var sorted = good.Order().ToArray();
        var shares = limitsMs.Select(limit => (double)sorted.Count(ms => ms <= limit) / count);
        var within = string.Join(',', shares.Select(s => s.ToString("0.00000", CultureInfo.InvariantCulture)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""{"sent":{{count}},"good":{{sorted.Length}},"good_per_second":{{sorted.Length / seconds:0.0}},"refused":{{refused}},"with_retry_after":{{withRetry}},"other":{{other}},"p50_ms":{{At(sorted, 0.5):0.00}},"p99_ms":{{At(sorted, 0.99):0.00}},"p999_ms":{{At(sorted, 0.999):0.00}},"within":[{{within}}]}"""));
        return 0;

        async Task AskAsync(double due)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(content) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                using var response = await client.SendAsync(request).ConfigureAwait(false);
                await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    good.Add((watch.Elapsed.TotalSeconds - due) * 1000);
                }
                else if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
                {
                    Interlocked.Increment(ref refused);
                    Interlocked.Add(ref withRetry, response.Headers.RetryAfter is null ? 0 : 1);
                }
                else
                {
                    Interlocked.Increment(ref other);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                Interlocked.Increment(ref other);
            }
        }
    }

    private static double At(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
