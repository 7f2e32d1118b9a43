using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Slipway.Server.Tests.Notifications;

/// <summary>A request as a receiver got it.</summary>
internal sealed record Received(string Path, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>The other side of a webhook: a real server on loopback that answers what it is told to, and keeps what it got.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Received> got = new();
    private readonly SemaphoreSlim arrived = new(0);

    private Receiver(WebApplication app) => this.app = app;

    /// <summary>Decides the answer from how many requests came before; null: 204.</summary>
    public Func<int, HttpContext, Task>? Answer { get; set; }

    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public IReadOnlyList<Received> Got => [.. got];

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var host = builder.Build();
        host.Urls.Add("http://127.0.0.1:0");
        var receiver = new Receiver(host);
        host.Run(receiver.HandleAsync);
        await host.StartAsync();
        return receiver;
    }

    /// <summary>The next request, in the order in which they came.</summary>
    public async Task<Received> NextAsync(int number)
    {
        while (got.Count <= number)
        {
            Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(60)), $"Request {number} did not come.");
        }

        return Got[number];
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        arrived.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        var before = got.Count;
        got.Enqueue(new Received(context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()), body));
        context.Response.StatusCode = 204;
        if (Answer is { } answer)
        {
            await answer(before, context);
        }

        arrived.Release();
    }
}
