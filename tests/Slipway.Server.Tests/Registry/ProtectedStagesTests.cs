using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Tests.Approvals;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class ProtectedStagesTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_model_has_its_own_rule_or_the_one_for_every_model(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.GivenProtectedAsync();
        await server.Client.PushedAsync("fraud", ("a", "1"));
        Assert.Empty((await server.Client.GetAsync<Page<StageProtectionInfo>>("/api/v1/models/fraud/protection")).Items);

        await server.Client.ProtectAsync(null, "staging", "boss");
        await server.Client.ProtectAsync(null, "production", "boss");

        var own = (await server.Client.GetAsync<Page<StageProtectionInfo>>("/api/v1/models/churn/protection")).Items;
        Assert.Equal([("Staging", null, "boss"), ("Production", "churn", "boss, rev")], own.Select(p => (p.Stage, p.Model, string.Join(", ", p.Reviewers))));
        Assert.All((await server.Client.GetAsync<Page<StageProtectionInfo>>("/api/v1/models/fraud/protection")).Items, p => Assert.Null(p.Model));
        Assert.Equal(3, (await server.Client.GetAsync<Page<StageProtectionInfo>>("/api/v1/stage-protections")).Items.Count);
        Assert.Equal(["boss"], (await server.As(Role.Analyst).AskAsync("fraud", 1, "Staging")).Reviewers);

        await (await server.Client.DeleteAsync("/api/v1/models/churn/protection/production")).ShouldSucceedAsync();
        await (await server.Client.DeleteAsync("/api/v1/models/churn/protection/production")).ShouldRefuseAsync(404, "protection_not_found");
        Assert.Equal(["boss"], (await server.As(Role.Analyst).AskAsync("churn", 1)).Reviewers);
    }

    [Theory]
    [InlineData("Production", """{"reviewers":[]}""", 400, "invalid_field")]
    [InlineData("Production", """{"reviewers":["rev","rev"]}""", 400, "invalid_field")]
    [InlineData("Production", """{"reviewers":["nobody"]}""", 404, "user_not_found")]
    [InlineData("Production", """{"reviewers":["NO SUCH"]}""", 404, "user_not_found")]
    [InlineData("Production", """{"reviewers":["rev"],"approvals":2}""", 400, "invalid_field")]
    [InlineData("None", """{"reviewers":["rev"]}""", 400, "invalid_field")]
    [InlineData("Archived", """{"reviewers":["rev"]}""", 400, "invalid_field")]
    [InlineData("live", """{"reviewers":["rev"]}""", 400, "invalid_field")]
    public async Task A_rule_that_could_not_work_is_refused(string stage, string body, int status, string code)
    {
        await using var server = await TestServer.StartAsync();
        await server.UserAsync("rev", Role.Viewer);
        await server.Client.RegisterAsync("churn");
        await (await server.Client.SendJsonAsync(HttpMethod.Put, $"/api/v1/models/churn/protection/{stage}", body)).ShouldRefuseAsync(status, code);
        Assert.Empty((await server.Client.GetAsync<Page<StageProtectionInfo>>("/api/v1/stage-protections")).Items);
        await (await server.As(Role.Manager).SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/protection/Production", """{"reviewers":["rev"]}""")).ShouldRefuseAsync(403, "missing_right");
    }

    [Fact]
    public async Task Where_nobody_else_could_approve_nothing_is_asked()
    {
        await using var server = await TestServer.StartAsync();
        var (_, rev, boss) = await server.GivenProtectedAsync();
        await server.Client.ProtectAsync("churn", "Production", "boss");
        await (await boss.MoveAsync("churn", 1, "Production")).ShouldRefuseAsync(409, "no_other_reviewer");
        Assert.Empty((await rev.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals")).Items);
    }

    [Fact]
    public async Task Pending_requests_follow_a_rule_that_changes()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, _) = await server.GivenProtectedAsync();
        var carol = await server.UserAsync("carol", Role.Viewer);
        var asked = await ada.AskAsync("churn", 1);

        await server.Client.ProtectAsync("churn", "Production", "carol");
        await (await rev.ApproveAsync(asked)).ShouldRefuseAsync(403, "not_a_reviewer");
        Assert.Equal(["carol"], (await ada.ApprovalAsync(asked.Id)).Reviewers);
        Assert.Single((await carol.GetAsync<Page<NotificationInfo>>("/api/v1/notifications?unread=true")).Items);

        await (await server.Client.DeleteAsync("/api/v1/models/churn/protection/production")).ShouldSucceedAsync();
        var closed = await ada.ApprovalAsync(asked.Id);
        Assert.Equal(("closed", true), (closed.State, closed.ClosedReason?.Contains("not protected", StringComparison.Ordinal)));
        Assert.Equal("Production", (await (await ada.MoveAsync("churn", 1, "Production")).ReadAsync<StageChangeInfo>()).Version.Stage);
    }

    [Fact]
    public async Task What_leaves_a_protected_stage_needs_approval_too_and_Productions_reviewers_come_first()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, boss) = await server.GivenProtectedAsync();
        await server.Client.ProtectAsync("churn", "Staging", "boss");
        await (await rev.ApproveAsync(await ada.AskAsync("churn", 1))).ShouldSucceedAsync();

        Assert.Equal(["boss", "rev"], (await ada.AskAsync("churn", 1, "Staging")).Reviewers);
        await (await boss.ApproveAsync(await ada.AskAsync("churn", 2, "Staging"))).ShouldSucceedAsync();
        Assert.Equal(["boss"], (await ada.AskAsync("churn", 2, "Archived")).Reviewers);
        await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/2")).ShouldRefuseAsync(409, "stage_protected");
        Assert.Equal("stage_protected", (await server.Client.GetAsync<DeletionInfo>("/api/v1/models/churn/versions/2/deletion")).Code);
    }
}
