using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Slipway.Bench;

/// <summary>
/// One model more in a server that runs: from the beginning of its load to the first 200 at the server's own address, and what the process has grown by once it has served. Another copy of the model serves before, so
/// that the runtime's library is there and the request path has run.
/// </summary>
internal static class HostedStart
{
    private const int AtOnce = 64;
    private const int Each = 32;

    /// <summary>Prints a line of JSON and ends.</summary>
    public static async Task<int> RunAsync(string dataFolder, string model, string library, string key, string body)
    {
        await using var server = await HostedHost.StartAsync(dataFolder, library, record: true);
        using var http = new HttpClient { BaseAddress = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
        var earlier = Path.Combine(Directory.CreateDirectory(Path.Combine(dataFolder, "earlier")).FullName, Path.GetFileName(model));
        File.Copy(model, earlier);
        var keyBefore = key + "-earlier";
        await HostedHost.LoadAndPublishAsync(server, earlier, library, dataFolder, batch: true, keyBefore);
        await ServeAsync(http, keyBefore, body);
        var before = Memory();

        // The key is known from the same table on as the new model: an answer to it is an answer of that model.
        var began = Stopwatch.GetTimestamp();
        var loaded = await HostedHost.LoadAndPublishAsync(server, Path.GetFullPath(model), library, dataFolder, batch: true, key);
        var published = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        while (await AskAsync(http, key, body) is not HttpStatusCode.OK and var status)
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException($"No answer in 30 s; the last was {status}.");
            }

            await Task.Delay(1);
        }

        var answered = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        await ServeAsync(http, key, body);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"first_answer_ms":{{answered:0.00}},"published_ms":{{published:0.00}},"load_ms":{{loaded.LoadMs:0.00}},"grown_mb":{{(Memory() - before) / 1e6:0.00}},"file_mb":{{new FileInfo(model).Length / 1e6:0.00}}}"""));
        await server.StopAsync();
        return 0;
    }

    private static Task ServeAsync(HttpClient http, string key, string body) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
    {
        for (var i = 0; i < Each; i++)
        {
            if (await AskAsync(http, key, body) is not HttpStatusCode.OK and var status)
            {
                throw new InvalidOperationException($"A prediction was answered with {(int)status}.");
            }
        }
    }));

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "production/models/bench/invocations") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", key);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>Resident bytes without the garbage of the requests before.</summary>
    private static long Memory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
