using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Slipway.EndToEnd.Tests;

/// <summary>One request of a load: when, what came back. Status 0: no answer (connection broken).</summary>
internal sealed record Asked(int Number, TimeSpan At, int Status, string Body, string? PredictionId);

/// <summary>A constant rate of predictions that stops by itself.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentBag<Asked> asked = [];
    private readonly long since = Stopwatch.GetTimestamp();
    private readonly Task running;

    private Load(Func<int, CancellationToken, Task<HttpResponseMessage>> ask, int perSecond, TimeSpan longest) => running = RunAsync(ask, perSecond, longest);

    public IReadOnlyCollection<Asked> Answers => asked;

    /// <summary>Since it began; what <see cref="Asked.At"/> counts.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(since);

    /// <param name="perSecond">Requests a second, sent when due whatever the answers do.</param>
    /// <param name="longest">It ends then at the latest.</param>
    public static Load Start(HttpClient client, string path, int perSecond, TimeSpan longest) => new(
        (i, token) => client.PostAsync(path, new StringContent($$"""{"n": {{i}}}""", Encoding.UTF8, "application/json"), token), perSecond, longest);

    /// <summary>Ends the load and waits for what is under way.</summary>
    public async Task<IReadOnlyCollection<Asked>> StopAsync()
    {
        await stop.CancelAsync();
        await running;
        return asked;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
    }

    private async Task RunAsync(Func<int, CancellationToken, Task<HttpResponseMessage>> ask, int perSecond, TimeSpan longest)
    {
        var under = new List<Task>();
        for (var i = 0; !stop.IsCancellationRequested && Stopwatch.GetElapsedTime(since) < longest; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            var wait = due - Stopwatch.GetElapsedTime(since);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }

            under.Add(AskAsync(ask, i));
        }

        await Task.WhenAll(under);
    }

    private async Task AskAsync(Func<int, CancellationToken, Task<HttpResponseMessage>> ask, int number)
    {
        var at = Stopwatch.GetElapsedTime(since);
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            using var response = await ask(number, patience.Token);
            var body = await response.Content.ReadAsStringAsync(patience.Token);
            asked.Add(new Asked(number, at, (int)response.StatusCode, body, response.Headers.TryGetValues("Slipway-Prediction-Id", out var ids) ? ids.First() : null));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            asked.Add(new Asked(number, at, 0, exception.Message, null));
        }
    }
}
