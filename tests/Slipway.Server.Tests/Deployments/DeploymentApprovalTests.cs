using System.Net;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Tests.Approvals;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>An environment that asks for approval. <c>test-manager</c> and <c>test-administrator</c> ask, <c>rev</c>, a Viewer, decides.</summary>
public sealed class DeploymentApprovalTests
{
    private const string Production = "production/iris";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_approved_promotion_happens_by_itself_and_is_told_of_both(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await host.LiveAsync(environment: "staging");
        var rev = await AskingAsync(host);
        var manager = host.Server.As(Role.Manager);

        var asked = await AskedAsync(manager.PostJsonAsync("/api/v1/deployments/staging/iris/promote", """{"comment":"recall is better"}"""));
        Assert.Equal(
            ("deployment", Production, "deployments/production/iris", "Promote iris v1 from staging to production/iris.", null, "iris v1", "recall is better", "pending"),
            (asked.Kind, asked.Subject, asked.Resource, asked.Action, asked.From, asked.To, asked.Comment, asked.State));
        Assert.Equal(["rev", "test-administrator", "test-manager"], (await host.Admin.GetAsync<Page<EnvironmentInfo>>("/api/v1/environments")).Items.Single(e => e.Name == "production").Reviewers);
        Assert.Equal(["rev", "test-administrator"], asked.Reviewers);   // never the requester
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.GetAsync($"/api/v1/deployments/{Production}")).StatusCode);

        // The same asked again is the same request; another's has to wait, and nobody decides their own.
        Assert.Equal(asked.Id, (await AskedAsync(manager.PostJsonAsync("/api/v1/deployments/staging/iris/promote", """{"comment":"recall is better"}"""))).Id);
        await (await host.PostAsync("promote", path: "staging/iris")).ShouldRefuseAsync(409, "approval_pending");
        await (await manager.ApproveAsync(asked)).ShouldRefuseAsync(403, "own_request");
        Assert.Equal("approval_requested", (await rev.GetAsync<Page<NotificationInfo>>("/api/v1/notifications")).Items[0].Kind);

        var approved = await (await rev.ApproveAsync(asked)).ReadAsync<ApprovalInfo>();
        Assert.Equal(("approved", "rev", true), (approved.State, approved.DecidedBy, approved.AppliedAt is not null));
        var live = await host.UntilAsync(d => d.Status == "ACTIVE", environment: "production");
        Assert.Equal((1, asked.Id, "test-manager", "test-administrator"), (live.Live!.Number, live.Live.ApprovalId, live.Live.CreatedBy, live.Owner));
        var ledger = Assert.Single((await host.Admin.GetAsync<Page<PromotionInfo>>("/api/v1/deployments/staging/iris/promotions")).Items);
        Assert.Equal(("promoted", "test-manager", "recall is better", 1), (ledger.Kind, ledger.By, ledger.Comment, ledger.ToRevision));
        await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO", environment: "staging");
        await (await rev.ApproveAsync(asked)).ShouldRefuseAsync(409, "approval_already_decided");
        var audit = Assert.Single((await host.Admin.GetAsync<Page<AuditEntryInfo>>("/api/v1/audit?limit=200")).Items, e => e.Action == "deployment.promoted");
        Assert.Contains("\"approved_by\":\"rev\"", audit.After, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_change_of_what_is_live_is_asked_for_and_carries_all_of_itself()
    {
        await using var host = await DeploymentHost.StartAsync();
        var rev = await AskingAsync(host);

        var created = await AskedAsync(host.Admin.PostJsonAsync(
            "/api/v1/deployments", """{"name":"iris","model":"iris","version":"1","environment":"production","title":"Flowers","max_replicas":3,"min_replicas":2,"variables":{"MODE":"fast"},"labels":{"team":"x"},"timeout_seconds":7,"revision_name":"first","comment":"at last"}"""));
        Assert.Equal(("Create production/iris with iris v1.", "at last"), (created.Action, created.Comment));
        await ApprovedAsync(rev, created);
        var first = await host.UntilAsync(d => d.Status == "ACTIVE", environment: "production");
        Assert.Equal(("Flowers", 2, 3, 7.0, "first", "fast", "x"), (first.Title, first.MinReplicas, first.MaxReplicas, first.TimeoutSeconds, first.Live!.Name, first.Live.Variables["MODE"], first.Labels["team"]));

        var variables = await AskedAsync(host.PostAsync("revisions", """{"variables":{"MODE":"slow"},"strategy":"blue_green","comment":"too hot"}""", Production));
        Assert.Equal(("Change the settings of production/iris, which stays at iris v1.", "iris v1 (revision 1)"), (variables.Action, variables.From));
        var shown = await rev.GetAsync<ApprovalDetail>($"/api/v1/approvals/{variables.Id}");
        Assert.Equal(["asked for", "revision 1, live now"], shown.Evidence[0].Columns.Select(c => c.Title));
        Assert.Equal(["slow", "fast"], shown.Evidence.Single(s => s.Title == "Variables").Rows.Single().Values);
        await ApprovedAsync(rev, variables);
        var second = await host.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: 2 }, environment: "production");
        Assert.Equal("slow", second.Live!.Variables["MODE"]);
        Assert.Equal("blue_green", (await host.Admin.GetAsync<Page<RolloutInfo>>("/api/v1/deployments/production/iris/rollouts")).Items[0].Strategy);

        // What was approved once goes back without asking.
        var back = await (await host.PostAsync("rollback", path: Production)).ReadAsync<RolloutInfo>();
        Assert.Equal((1, "SUCCEEDED"), ((await host.UntilEndedAsync(back)).ToRevision, (await host.UntilEndedAsync(back)).Status));

        Assert.Empty(variables.Notes);
        var smaller = await AskedAsync(host.PostAsync("revisions", """{"version":"50"}""", Production));
        Assert.Contains("config.yaml of iris v50 asks for 0.25 CPU and 300 MiB a replica", Assert.Single(smaller.Notes), StringComparison.Ordinal);
        Assert.Equal(smaller.Notes, (await rev.GetAsync<ApprovalDetail>($"/api/v1/approvals/{smaller.Id}")).Approval.Notes);
        await (await rev.RejectAsync(smaller)).ShouldSucceedAsync();

        var variants = await AskedAsync(host.PostAsync(
            "revisions", """{"variants":[{"name":"default"},{"name":"spare","model":"iris","version":"2","min_replicas":2,"max_replicas":3}]}""", Production));
        await ApprovedAsync(rev, variants);
        var third = await host.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: > 2 }, environment: "production");
        Assert.Equal((2, 3), (third.Autoscaling.Variants!["spare"].MinReplicas, third.Autoscaling.Variants!["spare"].MaxReplicas));
    }

    [Fact]
    public async Task What_was_live_before_approval_was_asked_for_is_asked_for_when_it_comes_back()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: "production");
        await host.UntilEndedAsync(await (await host.PostAsync("revisions", """{"version":"2"}""", Production)).ReadAsync<RolloutInfo>());
        var rev = await AskingAsync(host);

        var asked = await AskedAsync(host.PostAsync("rollback", """{"comment":"worse on Mondays"}""", Production));
        Assert.Equal(("Make iris v1 (revision 1) of production/iris live again.", "worse on Mondays"), (asked.Action, asked.Comment));
        Assert.Equal(asked.Id, (await AskedAsync(host.PostAsync("rollback", """{"comment":"worse on Mondays"}""", Production))).Id);
        await ApprovedAsync(rev, asked);
        var live = await host.UntilAsync(d => d is { Live.Number: 1, Rollout: null }, environment: "production");
        Assert.Equal(asked.Id, live.Live!.ApprovalId);

        var rebuild = await AskedAsync(host.PostAsync("rebuild", """{"comment":"numpy has a new release"}""", Production));
        Assert.Equal("numpy has a new release", rebuild.Comment);
        await (await host.PostAsync("rebuild", $$"""{"comment":"{{new string('x', 5001)}}"}""", Production)).ShouldRefuseAsync(400, "invalid_field");
    }

    [Theory]
    [InlineData("go back", "now there is “live iris v1 (revision 1)”")]
    [InlineData("stop", "is stopped")]
    [InlineData("version", "was deleted meanwhile")]
    [InlineData("stage", "takes only versions in stage Production")]
    [InlineData("approval off", "asks for no approval any more")]
    public async Task A_request_closes_by_itself_when_what_it_was_asked_against_changes(string change, string reason)
    {
        await using var host = await DeploymentHost.StartAsync();
        var rev = await AskingAsync(host);
        await GivenTwoApprovedAsync(host, rev);
        var asked = await AskedAsync(host.PostAsync("revisions", """{"version":"3"}""", Production));

        await ChangeAsync(host, change);
        var closed = await host.UntilAsync(() => rev.ApprovalAsync(asked.Id), a => a.State == "closed");
        Assert.Contains(reason, closed.ClosedReason, StringComparison.Ordinal);
        await (await rev.ApproveAsync(asked)).ShouldRefuseAsync(409, "approval_stale");
        Assert.Contains((await host.Admin.GetAsync<Page<NotificationInfo>>("/api/v1/notifications")).Items, n => n.Text == closed.ClosedReason);
    }

    [Fact]
    public async Task An_approved_change_waits_while_a_rollout_runs_also_over_a_restart_and_is_made_once()
    {
        var (replicas, versions, folder) = (new FakeReplicaSets(), new FakeVersions(), Directory.CreateTempSubdirectory("slipway-approval-").FullName);
        string id;
        await using (var host = await DeploymentHost.StartAsync(replicas, versions, null, folder))
        {
            var rev = await AskingAsync(host);
            await GivenTwoApprovedAsync(host, rev);
            var asked = await AskedAsync(host.PostAsync("revisions", """{"version":"3"}""", Production));
            id = asked.Id;
            await host.UntilAsync(() => Task.FromResult(replicas.DesiredOf("iris-1")), desired => desired == 0);
            replicas.Hold("iris-1");
            await (await host.PostAsync("rollback", path: Production)).ShouldSucceedAsync();
            var approved = await (await rev.ApproveAsync(asked)).ReadAsync<ApprovalInfo>();
            Assert.Equal(("approved", null, "a rollout of production/iris is under way."), (approved.State, approved.AppliedAt, approved.WaitingBecause));
        }

        await using (var host = await DeploymentHost.StartAsync(replicas, versions, null, folder))
        {
            var running = await host.UntilAsync(d => d.Rollout is not null, environment: "production");
            Assert.Null((await host.Admin.ApprovalAsync(id)).AppliedAt);
            await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{running.Rollout!.Id}/force-cancel", "{}")).ShouldSucceedAsync();
            var live = await host.UntilAsync(d => d is { Live.Number: 3, Rollout: null }, environment: "production");
            Assert.Equal((3, id), (live.Live!.Variants[0].ModelVersion, live.Live.ApprovalId));
            Assert.Equal(3, (await host.Admin.GetAsync<Page<RevisionInfo>>($"/api/v1/deployments/{Production}/revisions")).Items.Count);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task What_is_rejected_or_withdrawn_leaves_nothing_behind()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: "staging");
        var rev = await AskingAsync(host);
        var manager = host.Server.As(Role.Manager);

        var first = await AskedAsync(manager.PostJsonAsync("/api/v1/deployments/staging/iris/promote", "{}"));
        await (await rev.RejectAsync(first)).ShouldSucceedAsync();
        var second = await AskedAsync(manager.PostJsonAsync("/api/v1/deployments/staging/iris/promote", "{}"));
        Assert.NotEqual(first.Id, second.Id);
        await (await host.Admin.CancelAsync(second)).ShouldRefuseAsync(403, "not_the_requester");
        await (await manager.CancelAsync(second)).ShouldSucceedAsync();
        await AskedAsync(host.PostAsync("promote", path: "staging/iris"));

        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.GetAsync($"/api/v1/deployments/{Production}")).StatusCode);
        Assert.Empty((await host.Admin.GetAsync<Page<PromotionInfo>>("/api/v1/deployments/staging/iris/promotions")).Items);
    }

    [Fact]
    public async Task Requests_follow_the_reviewers_of_the_environment_and_somebody_else_must_be_among_them()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: "staging");
        await AskingAsync(host);
        var asked = await AskedAsync(host.Server.As(Role.Manager).PostJsonAsync("/api/v1/deployments/staging/iris/promote", "{}"));
        var carol = await host.Server.UserAsync("carol", Role.Viewer);
        await SettingsAsync(host, """{"reviewers":["carol","test-manager"]}""");
        Assert.Equal(["carol"], (await carol.ApprovalAsync(asked.Id)).Reviewers);
        Assert.Contains((await carol.GetAsync<Page<NotificationInfo>>("/api/v1/notifications")).Items, n => n.Kind == "approval_requested");

        await SettingsAsync(host, """{"reviewers":["test-administrator"]}""");
        await (await host.Admin.PostJsonAsync("/api/v1/deployments", """{"name":"other","model":"iris","version":"1","environment":"production"}""")).ShouldRefuseAsync(409, "no_other_reviewer");
    }

    [Fact]
    public async Task The_right_and_the_stage_are_asked_for_before_an_approval_is()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: "staging");
        await AskingAsync(host);
        await (await host.Analyst.PostJsonAsync("/api/v1/deployments/staging/iris/promote", "{}")).ShouldRefuseAsync(403, "missing_right");
        await SettingsAsync(host, """{"requires_stage":"Production"}""");
        await (await host.PostAsync("promote", path: "staging/iris")).ShouldRefuseAsync(409, "stage_required");
        await (await host.PostAsync("promote", $$"""{"comment":"{{new string('x', 5001)}}"}""", "staging/iris")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Empty((await host.Admin.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals")).Items);
    }

    /// <summary>Turns approval on in production; <c>rev</c> reviews, and two who may ask.</summary>
    internal static async Task<HttpClient> AskingAsync(DeploymentHost host)
    {
        var rev = await host.Server.UserAsync("rev", Role.Viewer);
        await SettingsAsync(host, """{"approval":true,"reviewers":["rev","test-manager","test-administrator"]}""");
        return rev;
    }

    internal static async Task<ApprovalInfo> AskedAsync(Task<HttpResponseMessage> call)
    {
        var response = await call;
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, await response.Content.ReadAsStringAsync());
        var asked = await response.ReadAsync<ApprovalInfo>();
        Assert.Equal($"/api/v1/approvals/{asked.Id}", response.Headers.Location?.OriginalString);
        return asked;
    }

    internal static async Task ApprovedAsync(HttpClient rev, ApprovalInfo asked) => Assert.NotNull((await (await rev.ApproveAsync(asked)).ReadAsync<ApprovalInfo>()).AppliedAt);

    /// <summary>production/iris runs revision 2 of version 2; revision 1 of version 1 was approved and live before.</summary>
    private static async Task GivenTwoApprovedAsync(DeploymentHost host, HttpClient rev)
    {
        await ApprovedAsync(rev, await AskedAsync(host.Admin.PostJsonAsync("/api/v1/deployments", """{"name":"iris","model":"iris","version":"1","environment":"production"}""")));
        await host.UntilAsync(d => d.Status == "ACTIVE", environment: "production");
        await ApprovedAsync(rev, await AskedAsync(host.PostAsync("revisions", """{"version":"2"}""", Production)));
        await host.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: 2, Rollout: null }, environment: "production");
    }

    private static async Task ChangeAsync(DeploymentHost host, string change)
    {
        switch (change)
        {
            case "go back":
                await (await host.PostAsync("rollback", path: Production)).ShouldSucceedAsync();
                break;
            case "stop":
                await (await host.PostAsync("stop", path: Production)).ShouldSucceedAsync();
                break;
            case "version":
                host.Versions.Deleted[3] = true;
                host.Service<Changes>().Publish("version", "models/iris/versions/3");
                break;
            case "stage":
                host.Versions.Stages[3] = Stage.Staging;
                await SettingsAsync(host, """{"requires_stage":"Production"}""");
                break;
            default:
                await SettingsAsync(host, """{"approval":false}""");
                break;
        }
    }

    private static async Task SettingsAsync(DeploymentHost host, string json) =>
        await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/production", json)).ShouldSucceedAsync();
}
