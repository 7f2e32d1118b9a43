using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Schedules;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Schedules;

/// <summary>Schedules as tests make and follow them.</summary>
internal static class Given
{
    /// <summary>Far from any time of a test.</summary>
    public const string OnceAYear = "0 0 1 1 *";

    /// <summary>A server that looks often and gives up soon.</summary>
    public static void Hurry(IServiceCollection services) => services.Configure<SchedulesOptions>(o =>
    {
        o.Interval = TimeSpan.FromMilliseconds(50);
        o.StopGrace = TimeSpan.FromSeconds(1);
        o.SampleInterval = TimeSpan.FromMilliseconds(200);
    });

    public static async Task<string> UploadAsync(this HttpClient client, params (string Path, string Text)[] files)
    {
        var uploaded = await client.PutArchiveAsync(RegistryCalls.TarGz([.. files.Select(f => (f.Path, Encoding.UTF8.GetBytes(f.Text)))]));
        return (await uploaded.ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.UploadInfo)).Id;
    }

    public static Task<HttpResponseMessage> CreateScheduleAsync(this HttpClient client, CreateScheduleRequest request) =>
        client.PostAsJsonAsync("/api/v1/schedules", request, ContractsJson.Default.CreateScheduleRequest);

    /// <summary>A schedule of one Python script.</summary>
    public static async Task<ScheduleInfo> ScheduleAsync(
        this HttpClient client, string name, string script = "print('hello')\n", string config = "base_image: python-system\n", Func<CreateScheduleRequest, CreateScheduleRequest>? change = null)
    {
        var request = new CreateScheduleRequest(name, "nightly", OnceAYear, await client.UploadAsync(("config.yaml", config), ("train.py", script)));
        return await (await client.CreateScheduleAsync(change?.Invoke(request) ?? request)).ReadAsync<ScheduleInfo>();
    }

    public static async Task<ExecutionInfo> RunNowAsync(this HttpClient client, string schedule) =>
        await (await client.PostAsync($"/api/v1/schedules/{schedule}/executions", null)).ReadAsync<ExecutionInfo>();

    public static async Task<ExecutionInfo> EndAsync(this HttpClient client, ExecutionInfo execution) =>
        await client.UntilAsync(execution, e => e.FinishedAt is not null);

    public static async Task<ExecutionInfo> UntilAsync(this HttpClient client, ExecutionInfo execution, Func<ExecutionInfo, bool> condition)
    {
        var until = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            var now = await client.GetAsync<ExecutionInfo>($"/api/v1/schedules/{execution.Schedule}/executions/{execution.Number}");
            if (condition(now))
            {
                return now;
            }

            Assert.True(DateTime.UtcNow < until, $"It is still {now.Status} ({now.Detail}): {await client.LogAsync(execution)}");
            await Task.Delay(30);
        }
    }

    public static Task<string> LogAsync(this HttpClient client, ExecutionInfo execution) =>
        client.GetStringAsync($"/api/v1/schedules/{execution.Schedule}/executions/{execution.Number}/log");

    /// <summary>The folders of jobs go a moment after their end is stored.</summary>
    public static async Task GoneAsync(string dataFolder)
    {
        var until = DateTime.UtcNow.AddSeconds(30);
        while (Directory.EnumerateDirectories(Path.Combine(dataFolder, "jobs", "run")).Any())
        {
            Assert.True(DateTime.UtcNow < until, "A job's folder is left.");
            await Task.Delay(20);
        }
    }

    /// <summary>Waits until the job has printed this.</summary>
    public static async Task SaidAsync(this HttpClient client, ExecutionInfo execution, string text)
    {
        var until = DateTime.UtcNow.AddSeconds(60);
        while (await client.LogAsync(execution) is var log && !log.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(DateTime.UtcNow < until, $"It has not said {text}: {log}");
            await Task.Delay(30);
        }
    }
}
