using System.Net;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Tests.Approvals;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>Two at the same moment. SLIPWAY_RACE_ROUNDS=200 is the full form.</summary>
public sealed class PromotionRaceTests
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("SLIPWAY_RACE_ROUNDS"), out var rounds) ? rounds : 6;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_who_promote_at_once_one_wins(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        for (var round = 0; round < Rounds; round++)
        {
            var name = $"iris-{round}";
            await host.LiveAsync(name);
            var answers = await PromoteAsync(host, $"development/{name}");
            Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.Conflict], answers.Select(a => a.StatusCode).Order());
            await host.UntilAsync(d => d.Status == "ACTIVE", name, "staging");
            Assert.Single((await host.Admin.GetAsync<Page<RolloutInfo>>($"/api/v1/deployments/staging/{name}/rollouts")).Items);
            Assert.Single((await host.Admin.GetAsync<Page<PromotionInfo>>($"/api/v1/deployments/development/{name}/promotions")).Items);
            await (await host.PostAsync("stop", path: $"staging/{name}")).ShouldSucceedAsync();   // the machine has memory for some ninety
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_who_ask_at_once_one_request_waits(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await host.LiveAsync(environment: "staging");
        await DeploymentApprovalTests.AskingAsync(host);
        for (var round = 0; round < Rounds; round++)
        {
            var answers = await PromoteAsync(host, "staging/iris");
            Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.Conflict], answers.Select(a => a.StatusCode).Order());
            await answers.Single(a => a.StatusCode == HttpStatusCode.Conflict).ShouldRefuseAsync(409, "approval_pending");
            var pending = Assert.Single((await host.Admin.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?state=pending")).Items);
            await (await host.Server.As(pending.Requester == "test-manager" ? Role.Manager : Role.Administrator).CancelAsync(pending)).ShouldSucceedAsync();
        }
    }

    private static Task<HttpResponseMessage[]> PromoteAsync(DeploymentHost host, string path) => Task.WhenAll(
        host.Server.As(Role.Manager).PostJsonAsync($"/api/v1/deployments/{path}/promote", "{}"), host.Server.As(Role.Administrator).PostJsonAsync($"/api/v1/deployments/{path}/promote", "{}"));
}
