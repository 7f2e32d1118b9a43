using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Tests.Approvals;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments.Following;

/// <summary>The model <c>iris</c> has versions 1 to 4 in the registry; what runs is pretended.</summary>
public sealed class FollowingTests
{
    private const string Iris = "/api/v1/deployments/development/iris";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deployment_that_follows_an_alias_goes_where_the_alias_goes(bool postgreSql)
    {
        await using var host = await StartAsync(postgreSql);
        await host.CreateAsync(more: ""","follow":true""", version: "@champion");
        var first = await host.UntilAsync(d => d.Status == "ACTIVE");
        Assert.Equal(("iris@champion", true, "wait", 1, "current"), (first.Following!.Reference, first.Following.Follow, first.Following.OnMove, first.Following.Version, first.Following.State));

        await MoveAsync(host, 2, host.Analyst);
        var second = await host.UntilAsync(d => d is { Live.Number: 2, Rollout: null });
        Assert.Equal((2, "test-analyst", "current"), (second.Live!.Variants[0].ModelVersion, second.Live.CreatedBy, second.Following!.State));

        // Nothing repeats by itself, and of two moves the last one counts.
        await MoveAsync(host, 3);
        await MoveAsync(host, 4);
        var last = await host.UntilAsync(d => d is { Rollout: null, Following.State: "current", Following.Version: 4 } && d.Live!.Variants[0].ModelVersion == 4);
        Assert.True(last.Live!.Number is 3 or 4, $"revision {last.Live.Number}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_and_its_last_move_belong_together_while_it_moves(bool postgreSql)
    {
        await using var host = await StartAsync(postgreSql);
        using var moving = new CancellationTokenSource();
        var seen = new HashSet<(long Move, int Number)>();
        var looking = Task.Run(
            async () =>
            {
                while (!moving.IsCancellationRequested)
                {
                    await using var db = host.Service<Database>().Read();
                    var named = await References.ResolveAsync(db, "iris", "champion", false, CancellationToken.None);
                    seen.Add((named!.Move, named.Number));
                }
            },
            CancellationToken.None);
        for (var i = 0; i < 30; i++)
        {
            await MoveAsync(host, (i % 2) + 2);
        }

        await moving.CancelAsync();
        await looking;
        await using var after = host.Service<Database>().Read();
        var moves = await after.Set<AliasMove>().AsNoTracking().ToDictionaryAsync(m => m.Sequence, m => m.ToVersion, TestContext.Current.CancellationToken);
        Assert.All(seen, one => Assert.Equal(moves[one.Move], one.Number));
    }

    [Fact]
    public async Task A_deployment_may_follow_a_stage()
    {
        await using var host = await StartAsync();
        await StageAsync(host, 1);
        await host.CreateAsync(more: ""","follow":true""", version: "/production");
        await host.UntilAsync(d => d is { Status: "ACTIVE", Following.Reference: "iris/Production" });
        await StageAsync(host, 3);
        await host.UntilAsync(d => d.Rollout is null && d.Live!.Variants[0].ModelVersion == 3);
    }

    [Fact]
    public async Task An_update_to_a_stage_takes_the_version_that_is_in_it_now_and_follows_nothing()
    {
        await using var host = await StartAsync();
        await host.LiveAsync();
        await (await host.PostAsync("revisions", """{"version":"/Production"}""")).ShouldRefuseAsync(400, "invalid_field");   // nothing is in it yet
        await StageAsync(host, 3);
        var rollout = await (await host.PostAsync("revisions", """{"version":"/production"}""")).ReadAsync<RolloutInfo>();
        await host.UntilEndedAsync(rollout);
        var live = await host.GetAsync();
        Assert.Equal((2, 3, null), (live.Live!.Number, live.Live.Variants[0].ModelVersion, live.Following));
        await (await host.PostAsync("revisions", """{"version":"/Nowhere"}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task Without_following_it_shows_drift_until_somebody_catches_up()
    {
        await using var host = await StartAsync();
        await host.CreateAsync(version: "@champion");
        await host.UntilAsync(d => d is { Status: "ACTIVE", Following: { State: "current", Follow: false } });
        await MoveAsync(host, 2);
        var drifted = await host.UntilAsync(d => d.Following!.State == "drift");
        Assert.Equal("iris@champion now names v2, this serves v1.", drifted.Following!.Reason);

        await (await host.PostAsync("following/catch-up")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Live.Number: 2, Following.State: "current" });
        await (await host.PostAsync("following/catch-up")).ShouldRefuseAsync(409, "revision_unchanged");
    }

    [Fact]
    public async Task A_move_in_mid_rollout_waits_or_supersedes_and_back_to_the_live_one_cancels()
    {
        await using var host = await StartAsync();
        await host.CreateAsync(more: ""","follow":true""", version: "@champion");
        await host.UntilAsync(d => d.Status == "ACTIVE");
        host.Replicas.Hold("iris-2");
        await MoveAsync(host, 2);
        await host.UntilAsync(d => d is { Rollout.ToRevision: 2, Following.State: "rolling_out" });
        await MoveAsync(host, 3);
        await host.UntilAsync(d => d is { Rollout.ToRevision: 2, Following: { State: "waiting", Version: 3 } });

        host.Replicas.Hold("iris-3");
        await (await PutAsync(host, """{"reference":"iris@champion","on_move":"supersede"}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Live.Number: 1, Rollout.ToRevision: 3, Following.State: "rolling_out" });   // v2 never went live
        await MoveAsync(host, 1);
        var back = await host.UntilAsync(d => d is { Rollout: null, Following.State: "current" });
        Assert.Equal((1, 1), (back.Live!.Number, back.Following!.Version));
    }

    [Fact]
    public async Task A_failed_rollout_and_a_rollback_by_hand_hold_it_until_the_alias_moves_again_or_somebody_catches_up()
    {
        await using var host = await StartAsync();
        await host.CreateAsync(more: ""","follow":true""", version: "@champion");
        await host.UntilAsync(d => d.Status == "ACTIVE");
        host.Replicas.Break("iris-2", "load_failed");
        await MoveAsync(host, 2);
        var held = await host.UntilAsync(d => d is { Rollout: null, Following.State: "held" });
        Assert.Contains("The rollout of v2 failed", held.Following!.Reason, StringComparison.Ordinal);

        await MoveAsync(host, 3);
        await host.UntilAsync(d => d.Rollout is null && d.Live!.Variants[0].ModelVersion == 3);
        await (await host.PostAsync("rollback")).ShouldSucceedAsync();
        held = await host.UntilAsync(d => d is { Rollout: null, Live.Number: 1, Following.State: "held" });
        Assert.Contains("v1 was made live since", held.Following!.Reason, StringComparison.Ordinal);
        await (await host.PostAsync("following/catch-up")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Rollout is null && d.Live!.Variants[0].ModelVersion == 3 && d.Following!.State == "current");
    }

    [Fact]
    public async Task In_a_protected_environment_a_move_passes_the_gate_as_whoever_made_it()
    {
        await using var host = await StartAsync();
        var rev = await DeploymentApprovalTests.AskingAsync(host);
        await DeploymentApprovalTests.ApprovedAsync(rev, await DeploymentApprovalTests.AskedAsync(host.Admin.PostJsonAsync(
            "/api/v1/deployments", """{"name":"iris","model":"iris","version":"@champion","environment":"production","follow":true}""")));
        await host.UntilAsync(d => d is { Status: "ACTIVE", Following.State: "current" }, environment: "production");

        // Who may not operate production moves nothing there, be it by an alias; nor does the key of a training job.
        await MoveAsync(host, 2, host.Analyst);
        var held = await host.UntilAsync(d => d.Following!.State == "held", environment: "production");
        Assert.StartsWith("iris@champion names v2: test-analyst moved it:", held.Following!.Reason, StringComparison.Ordinal);
        await MoveAsync(host, 3, host.Server.WithKey(await Doors.JobKeyAsync(host.Server, "test-administrator")));
        await host.UntilAsync(d => d.Following is { State: "held", Version: 3 } && d.Following.Reason!.Contains("test-administrator moved it:", StringComparison.Ordinal), environment: "production");
        Assert.Empty((await host.Admin.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?state=pending")).Items);

        // Who may, asks; the last move takes the place of the one before.
        var manager = host.Server.As(Role.Manager);
        await MoveAsync(host, 2, manager);
        var first = await PendingAsync(host, "iris v2");
        Assert.Equal(("test-manager", "iris@champion names v2."), (first.Requester, first.Comment));
        await MoveAsync(host, 4, manager);
        var second = await PendingAsync(host, "iris v4");
        Assert.Equal("closed", (await rev.ApprovalAsync(first.Id)).State);
        Assert.Equal("waits_for_approval", (await host.GetAsync(environment: "production")).Following!.State);
        await (await manager.ApproveAsync(second)).ShouldRefuseAsync(403, "own_request");
        await DeploymentApprovalTests.ApprovedAsync(rev, second);
        await host.UntilAsync(d => d is { Rollout: null, Following.State: "current" } && d.Live!.Variants[0].ModelVersion == 4, environment: "production");

        await MoveAsync(host, 1, manager);
        await (await rev.RejectAsync(await PendingAsync(host, "iris v1"))).ShouldSucceedAsync();
        held = await host.UntilAsync(d => d.Following!.State == "held", environment: "production");
        Assert.Equal("iris@champion names v1: a request was opened for it and was not approved.", held.Following!.Reason);
    }

    [Fact]
    public async Task A_followed_alias_cannot_go_and_one_that_nobody_follows_can()
    {
        await using var host = await StartAsync();
        await host.CreateAsync(more: ""","follow":true""", version: "@champion");
        await host.UntilAsync(d => d.Status == "ACTIVE");
        var refused = await host.Admin.DeleteAsync("/api/v1/models/iris/aliases/champion");
        await refused.ShouldRefuseAsync(409, "alias_followed");
        Assert.Contains("deployment development/iris", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await (await host.Admin.DeleteAsync("/api/v1/models/iris/versions/1")).ShouldRefuseAsync(409, "alias_followed");
        Assert.Equal("alias_followed", (await host.Admin.GetAsync<DeletionInfo>("/api/v1/models/iris/versions/1/deletion")).Code);

        await (await host.Admin.DeleteAsync($"{Iris}/following")).ShouldSucceedAsync();
        await (await host.Admin.DeleteAsync("/api/v1/models/iris/aliases/champion")).ShouldSucceedAsync();
        Assert.Null((await host.GetAsync()).Following);
    }

    [Theory]
    [InlineData("""{"reference":"iris"}""", "reference")]
    [InlineData("""{"reference":"iris@nobody"}""", "reference")]           // names nothing
    [InlineData("""{"reference":"rose@champion"}""", "reference")]         // there is no such model
    [InlineData("""{"reference":"iris/None"}""", "reference")]             // no stage to follow
    [InlineData("""{"reference":"iris@champion","on_move":"jump"}""", "on_move")]
    public async Task What_cannot_be_followed_is_refused_at_the_field(string body, string field)
    {
        await using var host = await StartAsync();
        await host.LiveAsync();
        var refused = await PutAsync(host, body);
        await refused.ShouldRefuseAsync(400, "invalid_field");
        Assert.Contains($"\"{field}\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    internal static async Task<DeploymentHost> StartAsync(bool postgreSql = false)
    {
        var host = await DeploymentHost.StartAsync(postgreSql);
        for (var version = 1; version <= 4; version++)
        {
            await host.Admin.PushedAsync("iris", ("data.csv", $"{version}"));
        }

        await MoveAsync(host, 1);
        return host;
    }

    internal static async Task MoveAsync(DeploymentHost host, int version, HttpClient? by = null) =>
        await (await (by ?? host.Admin).SendJsonAsync(HttpMethod.Put, "/api/v1/models/iris/aliases/champion", $$"""{"version":"{{version}}"}""")).ShouldSucceedAsync();

    private static async Task StageAsync(DeploymentHost host, int version) =>
        await (await host.Admin.PostJsonAsync($"/api/v1/models/iris/versions/{version}/stage", """{"stage":"Production"}""")).ShouldSucceedAsync();

    private static Task<HttpResponseMessage> PutAsync(DeploymentHost host, string json) => host.Admin.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", json);

    internal static async Task<ApprovalInfo> PendingAsync(DeploymentHost host, string to) => (await host.UntilAsync(
        () => host.Admin.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?state=pending"), page => page.Items is [var one] && one.To == to)).Items[0];
}
