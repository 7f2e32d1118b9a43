using System.Diagnostics;
using System.Net;
using Slipway.Server.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>A replica that fails while the others do not gets no requests for a while.</summary>
public sealed class EjectionTests
{
    private static readonly BalancerSettings AfterThree = new() { EjectionFailures = 3, EjectionTime = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task After_so_many_failures_in_a_row_it_is_passed_over_reported_and_taken_back()
    {
        var broken = true;
        await using var bad = new FakeReplica(r => broken ? r.ErrorAsync(502, "model_error") : r.AnswerAsync("1"));
        await using var good = new FakeReplica(r => r.AnswerAsync("1"));
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([bad, good], balancer: AfterThree);
        var answers = new List<HttpStatusCode>();
        while (answers.Count(a => a == HttpStatusCode.BadGateway) < 3)
        {
            answers.Add((await host.InvokeAsync()).StatusCode);
        }

        var report = await host.ReportAsync(r => r.Ejected.Length == 1);
        Assert.Equal(bad.Route().ReplicaId, report.Ejected[0]);
        broken = false;
        var asked = bad.Requests.Count;
        for (var i = 0; i < 10 && report.Ejected.Length == 1; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await host.InvokeAsync()).StatusCode);
            report = ((GatewayReports)host.Services.GetService(typeof(GatewayReports))!).Latest!;
        }

        // Its time is over: it is asked again, and answers.
        await host.ReportAsync(r => r.Ejected.IsEmpty);
        while (bad.Requests.Count == asked)
        {
            Assert.Equal(HttpStatusCode.OK, (await host.InvokeAsync()).StatusCode);
        }
    }

    [Fact]
    public async Task No_more_than_the_share_is_out_and_never_the_last_one()
    {
        await using var first = new FakeReplica(r => r.ErrorAsync(502, "model_error"));
        await using var second = new FakeReplica(r => r.ErrorAsync(502, "model_error"));
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([first, second], balancer: AfterThree with { EjectionTime = TimeSpan.FromHours(1) });
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(HttpStatusCode.BadGateway, (await host.InvokeAsync()).StatusCode);   // asked, and not refused by us
        }

        await host.ReportAsync(r => r.Ejected.Length == 1);
        Assert.Equal(30, first.Requests.Count + second.Requests.Count);
    }

    [Fact]
    public async Task When_all_others_have_gone_an_ejected_one_is_better_than_none()
    {
        var broken = true;
        await using var bad = new FakeReplica(r => broken ? r.ErrorAsync(502, "model_error") : r.AnswerAsync("1"));
        await using var good = new FakeReplica(r => r.AnswerAsync("1"));
        await using var host = await GatewayHost.StartAsync();
        var settings = AfterThree with { EjectionTime = TimeSpan.FromHours(1) };
        await host.PublishAsync([bad, good], balancer: settings);
        for (var i = 0; i < 8; i++)
        {
            await host.InvokeAsync();
        }

        await host.ReportAsync(r => r.Ejected.Length == 1);
        broken = false;
        await host.PublishAsync([bad], balancer: settings);
        Assert.Equal(HttpStatusCode.OK, (await host.InvokeAsync()).StatusCode);
    }

    [Fact]
    public async Task What_the_caller_did_wrong_is_no_failure_of_the_replica_and_a_success_begins_the_count_anew()
    {
        var statuses = new Queue<int>([422, 422, 422, 422, 502, 502, 200, 502, 502, 200]);
        await using var replica = new FakeReplica(async r =>
        {
            var status = statuses.Dequeue();
            await (status == 200 ? r.AnswerAsync("1") : r.ErrorAsync(status, status == 422 ? "model_status" : "model_error"));
        });
        await using var other = new FakeReplica();
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica, other], balancer: AfterThree);
        while (statuses.Count > 0)
        {
            await host.InvokeAsync();
        }

        var sequence = (await host.ReportAsync(_ => true)).Sequence;
        Assert.Empty((await host.ReportAsync(r => r.Sequence > sequence)).Ejected);
    }
}
