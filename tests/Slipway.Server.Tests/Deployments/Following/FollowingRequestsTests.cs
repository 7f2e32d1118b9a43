using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Deployments.Following;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Approvals;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments.Following;

/// <summary>production/iris is chosen by <c>iris@champion</c>, which names version 1 at first.</summary>
public sealed class FollowingRequestsTests
{
    private const string Iris = "/api/v1/deployments/production/iris";

    [Fact]
    public async Task Who_may_not_catch_up_or_has_read_something_else_leaves_following_as_it_was()
    {
        await using var host = await FollowingTests.StartAsync();
        await CreateAsync(host, follow: true);
        await FollowingTests.MoveAsync(host, 2);
        await host.UntilAsync(d => d is { Live.Number: 2, Rollout: null }, environment: "production");
        await (await host.PostAsync("rollback", path: "production/iris")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Live.Number: 1, Rollout: null, Following.State: "held" }, environment: "production");
        var before = await StoredAsync(host);

        await (await host.Analyst.PostJsonAsync($"{Iris}/following/catch-up", "{}")).ShouldRefuseAsync(403, "missing_right");
        Assert.Equal(before, await StoredAsync(host));
        await (await host.Server.As(Role.Manager).PostJsonAsync($"{Iris}/following/catch-up", "{}")).ShouldRefuseAsync(403, "missing_right");
        using var stale = new HttpRequestMessage(HttpMethod.Post, $"{Iris}/following/catch-up");
        stale.Headers.TryAddWithoutValidation("If-Match", "\"of-yesterday\"");
        await (await host.Admin.SendAsync(stale)).ShouldRefuseAsync(412, "stale_etag");
        Assert.Equal(before, await StoredAsync(host));
        Assert.Equal(3, (await host.Admin.GetAsync<Page<RolloutInfo>>($"{Iris}/rollouts")).Items.Count);   // to 1, to 2 and back
    }

    [Fact]
    public async Task A_name_is_set_though_another_request_is_in_the_way_and_is_asked_for_after_it_by_who_set_it()
    {
        await using var host = await FollowingTests.StartAsync();
        await CreateAsync(host, follow: false);
        var rev = await DeploymentApprovalTests.AskingAsync(host);
        var other = await DeploymentApprovalTests.AskedAsync(host.PostAsync("revisions", """{"variables":{"A":"1"}}""", "production/iris"));
        await FollowingTests.MoveAsync(host, 2, host.Analyst);
        await host.UntilAsync(d => d.Following!.State == "drift", environment: "production");   // the request is about something else

        await (await host.PostAsync("following/catch-up", path: "production/iris")).ShouldRefuseAsync(409, "approval_pending");
        Assert.Null((await StoredAsync(host))!.HeldBecause);
        var set = await (await FollowAsync(host)).ReadAsync<DeploymentInfo>();
        Assert.Equal((true, "waiting"), (set.Following!.Follow, set.Following.State));
        Assert.Null((await StoredAsync(host))!.HeldBecause);

        await (await rev.RejectAsync(other)).ShouldSucceedAsync();
        var asked = await FollowingTests.PendingAsync(host, "iris v2");
        Assert.Equal("test-administrator", asked.Requester);   // not the Analyst, who has moved it before
        Assert.Equal("waits_for_approval", (await host.GetAsync(environment: "production")).Following!.State);
        await DeploymentApprovalTests.ApprovedAsync(rev, asked);
        await host.UntilAsync(d => d is { Rollout: null, Following.State: "current" } && d.Live!.Variants[0].ModelVersion == 2, environment: "production");
    }

    [Fact]
    public async Task A_request_for_a_move_ends_with_the_move_and_with_what_it_is_a_move_of()
    {
        await using var host = await FollowingTests.StartAsync();
        await CreateAsync(host, follow: true);
        var rev = await DeploymentApprovalTests.AskingAsync(host);

        await FollowingTests.MoveAsync(host, 3);
        var moved = await FollowingTests.PendingAsync(host, "iris v3");
        await FollowingTests.MoveAsync(host, 1);
        await (await rev.ApproveAsync(moved)).ShouldRefuseAsync(409, "approval_stale");
        Assert.Contains("iris@champion does not name v3 any more", (await ClosedAsync(host, rev, moved)).ClosedReason, StringComparison.Ordinal);

        await FollowingTests.MoveAsync(host, 2);
        var unfollowed = await FollowingTests.PendingAsync(host, "iris v2");
        await (await host.Admin.DeleteAsync($"{Iris}/following")).ShouldSucceedAsync();
        await (await rev.ApproveAsync(unfollowed)).ShouldRefuseAsync(409, "approval_stale");
        Assert.Contains("not chosen by iris@champion any more", (await ClosedAsync(host, rev, unfollowed)).ClosedReason, StringComparison.Ordinal);

        // Setting it asks at once, in the name of who sets it; and nobody has to look for a request to close.
        var set = await DeploymentApprovalTests.AskedAsync(FollowAsync(host));
        Assert.Equal(("iris v2", "test-administrator"), (set.To, set.Requester));
        await FollowingTests.MoveAsync(host, 1);
        await ClosedAsync(host, rev, set);
        Assert.Equal(1, (await host.GetAsync(environment: "production")).Live!.Variants[0].ModelVersion);
    }

    [Theory]
    [InlineData("""{"role":"analyst"}""")]
    [InlineData("""{"disabled":true}""")]
    public async Task A_request_of_somebody_who_may_not_act_any_more_is_not_approved(string change)
    {
        await using var host = await FollowingTests.StartAsync();
        await CreateAsync(host, follow: true);
        var rev = await DeploymentApprovalTests.AskingAsync(host);
        await FollowingTests.MoveAsync(host, 2, await host.Server.UserAsync("lead", Role.Manager));
        var asked = await FollowingTests.PendingAsync(host, "iris v2");

        await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/users/lead", change)).ShouldSucceedAsync();
        await (await rev.ApproveAsync(asked)).ShouldRefuseAsync(409, "approval_stale");
        Assert.StartsWith("lead, who asked, may not do it any more", (await ClosedAsync(host, rev, asked)).ClosedReason, StringComparison.Ordinal);
        Assert.Equal(1, (await host.GetAsync(environment: "production")).Live!.Variants[0].ModelVersion);
    }

    private static async Task CreateAsync(DeploymentHost host, bool follow)
    {
        await host.CreateAsync(more: follow ? ""","follow":true""" : "", environment: "production", version: "@champion");
        await host.UntilAsync(d => d is { Status: "ACTIVE", Following.State: "current" }, environment: "production");
    }

    private static Task<HttpResponseMessage> FollowAsync(DeploymentHost host) => host.Admin.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", """{"reference":"iris@champion"}""");

    private static Task<ApprovalInfo> ClosedAsync(DeploymentHost host, HttpClient rev, ApprovalInfo asked) => host.UntilAsync(() => rev.ApprovalAsync(asked.Id), a => a.State == "closed");

    private static async Task<FollowedName?> StoredAsync(DeploymentHost host)
    {
        await using var db = host.Service<Database>().Read();
        return (await db.Set<Deployment>().SingleAsync()).Following;
    }
}
