using System.Net;
using Slipway.Server.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>Requests for a replica set at zero wait for it, within bounds.</summary>
public sealed class ParkingTests
{
    [Fact]
    public async Task Requests_wait_wake_the_set_and_are_answered_when_a_replica_comes()
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync("7"));
        await using var host = await GatewayHost.StartAsync();
        var reports = (GatewayReports)host.Services.GetService(typeof(GatewayReports))!;
        var woken = new TaskCompletionSource<string>();
        reports.Parked += (_, hash) => woken.TrySetResult(hash);
        Publish(host, 100);

        // Who asks whether the model is ready learns that an infer would be taken, and wakes nothing.
        foreach (var model in new[] { "echo", "echo/versions/1" })
        {
            using var ready = await host.Administrator.GetAsync($"/v2/models/{model}/ready");
            Assert.Equal((200, """{"name":"echo","ready":true}"""), ((int)ready.StatusCode, await ready.Content.ReadAsStringAsync()));
        }

        await host.ReportAsync(r => r.Sets.All(s => s.Parked == 0));
        Assert.False(woken.Task.IsCompleted);
        Task<HttpResponseMessage>[] asked = [host.InvokeAsync(), host.InvokeAsync(), host.InvokeAsync()];
        Assert.Equal("h1", await woken.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        var report = await host.ReportAsync(r => r.Sets.Sum(s => s.Parked) == 3);
        Assert.Equal(0, report.Sets.Sum(s => s.Queued));

        host.Publish(host.Deployment([GatewayHost.Revision(1, 10_000, host.Set("h1", [replica]))]));
        foreach (var answer in asked)
        {
            Assert.Equal("7", await (await answer).Content.ReadAsStringAsync());
        }

        report = await host.ReportAsync(r => r.Sets.Sum(s => s.Parked) == 0);
        Assert.Equal(3, replica.Requests.Count);
    }

    [Fact]
    public async Task Past_the_cap_a_request_is_refused_and_told_when_to_come_again()
    {
        await using var replica = new FakeReplica(r => r.AnswerAsync("7"));
        await using var host = await GatewayHost.StartAsync();
        Publish(host, maxQueue: 2);
        Task<HttpResponseMessage>[] parked = [host.InvokeAsync(), host.InvokeAsync()];
        await host.ReportAsync(r => r.Sets.Sum(s => s.Parked) == 2);
        var refused = await host.InvokeAsync();
        await RefusedAsync(refused, 429, "queue_full");
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        host.Publish(host.Deployment([GatewayHost.Revision(1, 10_000, host.Set("h1", [replica]))]));
        Assert.All(await Task.WhenAll(parked), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [Fact]
    public async Task At_its_deadline_a_request_that_waits_is_answered_504()
    {
        await using var host = await GatewayHost.StartAsync();
        Publish(host, 100, TimeSpan.FromMilliseconds(200));
        await RefusedAsync(await host.InvokeAsync(), 504, "deadline");
        await host.ReportAsync(r => r.Sets.Sum(s => s.Parked + s.Queued) == 0);
    }

    [Fact]
    public async Task A_set_that_will_not_come_back_sends_its_requests_away()
    {
        await using var host = await GatewayHost.StartAsync();
        Publish(host, 100);
        var asked = host.InvokeAsync();
        await host.ReportAsync(r => r.Sets.Sum(s => s.Parked) == 1);
        host.Publish(host.Deployment([], state: RouteState.NotReady));   // it failed at every start
        Assert.Equal(503, (int)(await host.Administrator.GetAsync("/v2/models/echo/ready")).StatusCode);
        await RefusedAsync(await asked, 503, "not_ready");
    }

    private static async Task RefusedAsync(HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status && text.Contains($"\"code\":\"{code}\"", StringComparison.Ordinal), $"{(int)response.StatusCode} {text}");
    }

    private static void Publish(GatewayHost host, int maxQueue, TimeSpan? timeout = null) => host.Publish(
        host.Deployment([GatewayHost.Revision(1, 10_000, host.Set("h1", []) with { Parks = true })], maxQueue: maxQueue, timeout: timeout));
}
