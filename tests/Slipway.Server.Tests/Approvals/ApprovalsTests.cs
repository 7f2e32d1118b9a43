using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Tests.Experiments;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Approvals;

public sealed class ApprovalsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_transition_into_a_protected_stage_waits_for_a_reviewer_and_then_happens_by_itself(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var (ada, rev, _) = await server.GivenProtectedAsync();
        await (await rev.ApproveAsync(await ada.AskAsync("churn", 1))).ShouldSucceedAsync();

        var asked = await ada.AskAsync("churn", 2, note: "better recall");

        Assert.Equal(("pending", "ada", "better recall", "None", "Production", false, true), (asked.State, asked.Requester, asked.Comment, asked.From, asked.To, asked.CanDecide, asked.CanCancel));
        Assert.Equal("Move churn v2 from None to Production and archive v1.", asked.Action);
        Assert.Equal(["boss", "rev"], asked.Reviewers);
        Assert.Equal("None", await ada.StageAsync("churn", 2));

        var approved = await (await rev.ApproveAsync(asked, """{"comment":"looks good"}""")).ReadAsync<ApprovalInfo>();

        Assert.Equal(("approved", "rev", "looks good"), (approved.State, approved.DecidedBy, approved.DecisionComment));
        Assert.NotNull(approved.AppliedAt);
        Assert.Equal(("Production", "Archived"), (await ada.StageAsync("churn", 2), await ada.StageAsync("churn", 1)));
        var ledger = (await ada.GetAsync<Page<TransitionInfo>>("/api/v1/models/churn/transitions")).Items.Take(2);
        Assert.All(ledger, t => Assert.Equal(("ada", "rev", asked.Id), (t.By, t.ApprovedBy, t.ApprovalId)));
        var now = Assert.Single((await ada.GetAsync<StageAtInfo>("/api/v1/models/churn/stages/production")).Versions);
        Assert.Equal((2, asked.Id, "rev", "better recall"), (now.Version, now.ApprovalId, now.ApprovedBy, now.Note));
        var audited = (await server.Client.GetAsync<Page<AuditEntryInfo>>("/api/v1/audit?limit=6")).Items;
        Assert.Equal(["approval.applied", "version.transitioned", "approval.approved", "approval.requested"], audited.Select(a => a.Action).Take(4));
        Assert.Equal(["system", "ada", "rev", "ada"], audited.Select(a => a.Actor).Take(4));
    }

    [Fact]
    public async Task Only_another_named_reviewer_decides_and_administrators_are_no_exception()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, boss) = await server.GivenProtectedAsync();
        var asked = await ada.AskAsync("churn", 1);
        await (await ada.ApproveAsync(asked)).ShouldRefuseAsync(403, "own_request");
        await (await server.As(Role.Administrator).ApproveAsync(asked)).ShouldRefuseAsync(403, "not_a_reviewer");
        await (await server.As(Role.Administrator).RejectAsync(asked)).ShouldRefuseAsync(403, "not_a_reviewer");
        using var robot = await server.UserAsync("rev", Role.Viewer, KeyScope.Write);
        await (await robot.ApproveAsync(asked)).ShouldRefuseAsync(403, "missing_scope");
        Assert.False((await robot.ApprovalAsync(asked.Id)).CanDecide);
        Assert.True((await rev.ApprovalAsync(asked.Id)).CanDecide);

        var own = await boss.AskAsync("churn", 2);
        await (await boss.ApproveAsync(own)).ShouldRefuseAsync(403, "own_request");
        Assert.Equal(["rev"], own.Reviewers);
        await (await rev.RejectAsync(own)).ShouldSucceedAsync();
        Assert.Equal(("None", "None"), (await ada.StageAsync("churn", 1), await ada.StageAsync("churn", 2)));
    }

    [Fact]
    public async Task A_decision_is_final_and_a_rejection_says_why()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, boss) = await server.GivenProtectedAsync();
        var asked = await ada.AskAsync("churn", 1);
        await (await rev.RejectAsync(asked, """{"comment":"  "}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await rev.RejectAsync(asked, "{}")).ShouldRefuseAsync(400, "invalid_field");
        var rejected = await (await rev.RejectAsync(asked, """{"comment":"too slow"}""")).ReadAsync<ApprovalInfo>();
        Assert.Equal(("rejected", "rev", "too slow"), (rejected.State, rejected.DecidedBy, rejected.DecisionComment));
        var again = await (await boss.ApproveAsync(asked)).ShouldRefuseAsync(409, "approval_already_decided");
        Assert.Contains("rev has rejected", again.Detail, StringComparison.Ordinal);
        await (await ada.CancelAsync(asked)).ShouldRefuseAsync(409, "approval_already_decided");
        Assert.Equal("None", await ada.StageAsync("churn", 1));
    }

    [Fact]
    public async Task The_requester_may_cancel_and_nobody_else()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, boss) = await server.GivenProtectedAsync();
        var asked = await ada.AskAsync("churn", 1);
        await (await boss.CancelAsync(asked)).ShouldRefuseAsync(403, "not_the_requester");
        Assert.Equal("cancelled", (await (await ada.CancelAsync(asked)).ReadAsync<ApprovalInfo>()).State);
        await (await rev.ApproveAsync(asked)).ShouldRefuseAsync(409, "approval_already_decided");
        Assert.NotEqual(asked.Id, (await ada.AskAsync("churn", 1)).Id);
    }

    [Fact]
    public async Task Asking_again_answers_the_request_that_there_is_and_another_wish_must_wait()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, _, boss) = await server.GivenProtectedAsync();
        var asked = await ada.AskAsync("churn", 1);
        Assert.Equal(asked.Id, (await ada.AskAsync("churn", 1)).Id);
        await (await boss.MoveAsync("churn", 1, "Production")).ShouldRefuseAsync(409, "approval_pending");
        Assert.Single((await ada.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?state=pending")).Items);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_request_whose_version_or_base_has_changed_is_closed_with_the_reason(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var (ada, rev, _) = await server.GivenProtectedAsync(versions: 4);

        // Deleted.
        var deleted = await ada.AskAsync("churn", 1);
        await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/1")).ShouldSucceedAsync();
        Assert.Contains("was deleted", (await (await rev.ApproveAsync(deleted)).ShouldRefuseAsync(409, "approval_stale")).Detail, StringComparison.Ordinal);
        Assert.Equal(("closed", "churn v1 was deleted."), await StateAsync(ada, deleted));

        // Moved.
        var moved = await ada.AskAsync("churn", 2);
        await (await ada.MoveAsync("churn", 2, "Staging")).ShouldSucceedAsync();
        Assert.Equal("closed", (await StateAsync(ada, moved)).State);
        await (await rev.ApproveAsync(moved)).ShouldRefuseAsync(409, "approval_stale");

        // Asked against another incumbent: both wait, the first that is approved makes the second stale.
        var (first, second) = (await ada.AskAsync("churn", 3), await ada.AskAsync("churn", 4));
        await (await rev.ApproveAsync(first)).ShouldSucceedAsync();
        var seen = await ada.GetAsync<ApprovalDetail>($"/api/v1/approvals/{second.Id}");   // closed by now, or said to be stale
        Assert.Contains("ask again", seen.StaleBecause ?? seen.Approval.ClosedReason, StringComparison.Ordinal);
        var stale = await (await rev.ApproveAsync(second)).ShouldRefuseAsync(409, "approval_stale");
        Assert.Contains("v3", stale.Detail, StringComparison.Ordinal);
        Assert.Equal("closed", (await StateAsync(ada, second)).State);
        Assert.Equal(("Production", "None"), (await ada.StageAsync("churn", 3), await ada.StageAsync("churn", 4)));
        await (await rev.ApproveAsync(await ada.AskAsync("churn", 4))).ShouldSucceedAsync();
        Assert.Equal(("Archived", "Production"), (await ada.StageAsync("churn", 3), await ada.StageAsync("churn", 4)));
    }

    [Fact]
    public async Task A_request_shows_its_conversation_and_the_version_beside_what_is_in_Production()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, _) = await server.GivenProtectedAsync();
        await (await rev.ApproveAsync(await ada.AskAsync("churn", 1))).ShouldSucceedAsync();
        await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/versions/2/tags", """{"key":"auc","value":"0.91"}""");
        await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/versions/2/metrics", """{"metrics":{"loss":0.25}}""")).ShouldSucceedAsync();
        var asked = await ada.AskAsync("churn", 2);
        await (await rev.PostJsonAsync($"/api/v1/approvals/{asked.Id}/comments", """{"text":"which data set?"}""")).ShouldSucceedAsync();
        await (await ada.PostJsonAsync($"/api/v1/approvals/{asked.Id}/comments", """{"text":"  "}""")).ShouldRefuseAsync(400, "invalid_field");
        var detail = await (await ada.PostJsonAsync($"/api/v1/approvals/{asked.Id}/comments", """{"text":"2026-10"}""")).ReadAsync<ApprovalDetail>();

        Assert.Equal([("rev", "which data set?"), ("ada", "2026-10")], detail.Comments.Select(c => (c.Author, c.Text)));
        Assert.Equal(2, detail.Approval.CommentCount);
        Assert.Null(detail.StaleBecause);
        var version = detail.Evidence[0];
        Assert.Equal([("v2, asked for", "models/churn/versions/2"), ("v1, in Production now", "models/churn/versions/1")], version.Columns.Select(c => (c.Title, c.Resource)));
        Assert.Equal(["None", "Production"], version.Rows.Single(r => r.Label == "Stage").Values);
        Assert.Equal(["0.25", null], detail.Evidence.Single(s => s.Title == "Validation metrics").Rows.Single(r => r.Label == "loss").Values);
        Assert.Equal(["0.91", null], detail.Evidence.Single(s => s.Title == "Tags").Rows.Single().Values);
        Assert.Equal("No deployment runs any of these.", detail.Evidence.Single(s => s.Title == "Deployed now").Note);

        // A version that was made of a run leads to it.
        var run = (await server.Client.GivenRunAsync(name: "deep")).Id;
        await (await server.Client.PutArtifactAsync(run, "model.pt", [1])).ShouldSucceedAsync();
        var made = await (await server.Client.PostJsonAsync("/api/v1/models/churn/versions", $$"""{"source_run_id":"{{run}}","artifact_path":"model.pt"}""")).ReadAsync<ModelVersionInfo>();
        var another = await ada.GetAsync<ApprovalDetail>($"/api/v1/approvals/{(await ada.AskAsync("churn", made.Version)).Id}");
        var source = another.Evidence[0].Rows.Single(r => r.Label == "Source run");
        Assert.Equal([$"runs/{run}", null], source.Resources!);
        Assert.Equal(["churn / deep", null], source.Values);
    }

    [Fact]
    public async Task Lists_are_filtered_by_state_by_what_one_has_to_do_and_by_subject_and_paged()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, boss) = await server.GivenProtectedAsync(versions: 3);
        var asked = new List<ApprovalInfo> { await ada.AskAsync("churn", 1), await ada.AskAsync("churn", 2), await boss.AskAsync("churn", 3) };
        await (await rev.RejectAsync(asked[0])).ShouldSucceedAsync();

        Assert.Equal([asked[2].Id, asked[1].Id], await IdsAsync(rev, "state=pending"));
        Assert.Equal([asked[2].Id, asked[1].Id], await IdsAsync(rev, "mine=to_decide"));
        Assert.Equal([asked[1].Id], await IdsAsync(boss, "mine=to_decide"));
        Assert.Equal([asked[1].Id, asked[0].Id], await IdsAsync(ada, "mine=requested"));
        Assert.Equal([asked[0].Id], await IdsAsync(ada, "state=REJECTED&resource=models/churn/versions/1"));
        Assert.Equal(3, (await IdsAsync(ada, "resource=models/churn")).Count);
        Assert.Empty(await IdsAsync(ada, "resource=models/chur"));
        await (await ada.GetAsync("/api/v1/approvals?state=maybe")).ShouldRefuseAsync(400, "invalid_field");
        await (await ada.GetAsync("/api/v1/approvals?mine=yours")).ShouldRefuseAsync(400, "invalid_field");
        await (await ada.GetAsync($"/api/v1/approvals/{Guid.Empty}")).ShouldRefuseAsync(404, "approval_not_found");
        var page = await ada.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?limit=2");
        Assert.Equal([asked[0].Id], (await ada.GetAsync<Page<ApprovalInfo>>($"/api/v1/approvals?limit=2&page_token={page.NextPageToken}")).Items.Select(a => a.Id));
    }

    private static async Task<(string State, string? Reason)> StateAsync(HttpClient client, ApprovalInfo approval)
    {
        var now = await client.ApprovalAsync(approval.Id);
        return (now.State, now.ClosedReason);
    }

    private static async Task<List<string>> IdsAsync(HttpClient client, string query) =>
        (await client.GetAsync<Page<ApprovalInfo>>($"/api/v1/approvals?{query}")).Items.Select(a => a.Id).ToList();
}
