using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Deployments.Promotions;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

public sealed class PromotionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_promotion_makes_the_deployment_of_the_next_environment_and_then_updates_it(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await SourceStaysAsync(host);
        await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/staging", """{"max_replicas":2,"min_replicas":2}""")).ShouldSucceedAsync();
        await host.LiveAsync(more: ""","variables":{"MODE":"fast"},"title":"Flowers","timeout_seconds":5,"labels":{"team":"x"},"load_balancing":"ip_hash","health_check":{"interval_seconds":2}""", by: host.Analyst);

        var promoted = await PromoteAsync(host, "development");
        Assert.Equal(("staging", "iris", null, 1), (promoted.Environment, promoted.Name, promoted.Rollout.FromRevision, promoted.Rollout.ToRevision));
        var target = await host.UntilAsync(d => d.Status == "ACTIVE", environment: "staging");
        Assert.Equal(("Flowers", 5.0, "test-analyst", "fast", 2, 2), (target.Title, target.TimeoutSeconds, target.Owner, target.Live!.Variables["MODE"], target.MinReplicas, target.ReplicasReady));
        Assert.Equal(("ip_hash", 2.0), (target.LoadBalancing, target.HealthCheck.IntervalSeconds));
        await (await host.PostAsync("promote")).ShouldRefuseAsync(409, "revision_unchanged");

        await host.UntilEndedAsync(await host.UpdateAsync(2));
        Assert.Equal((1, 2), await PromoteAsync(host, "development") is var again ? (again.Rollout.FromRevision, again.Rollout.ToRevision) : default);
        await host.UntilAsync(d => d.Live!.Variants[0].ModelVersion == 2 && d.Rollout is null, environment: "staging");
        await PromoteAsync(host, "staging");
        await host.UntilAsync(d => d.Status == "ACTIVE", environment: "production");
        await (await host.PostAsync("promote", path: "production/iris")).ShouldRefuseAsync(409, "no_next_environment");
    }

    [Fact]
    public async Task A_custom_environment_lies_on_the_way()
    {
        await using var host = await DeploymentHost.StartAsync();
        await (await host.Admin.PostJsonAsync("/api/v1/environments", """{"name":"qa","after":"development"}""")).ShouldSucceedAsync();
        await host.LiveAsync();
        Assert.Equal("qa", (await PromoteAsync(host, "development")).Environment);
    }

    [Theory]
    [InlineData("Viewer", "development", false)]
    [InlineData("Analyst", "development", true)]      // to staging
    [InlineData("Analyst", "staging", false)]         // to production
    [InlineData("Manager", "staging", true)]
    public async Task Who_may_promote_depends_on_where_it_goes(string role, string from, bool allowed)
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: from);
        var answer = await host.Server.As(Enum.Parse<Role>(role)).PostJsonAsync($"/api/v1/deployments/{from}/iris/promote", "{}");
        if (allowed)
        {
            await answer.ShouldSucceedAsync();
        }
        else
        {
            await answer.ShouldRefuseAsync(403, "missing_right");
        }
    }

    [Fact]
    public async Task What_cannot_be_promoted_is_refused_and_leaves_nothing()
    {
        await using var host = await DeploymentHost.StartAsync();
        host.Replicas.Hold("iris-1");
        await host.CreateAsync();
        await (await host.PostAsync("promote")).ShouldRefuseAsync(409, "nothing_live");
        host.Replicas.Release("iris-1");
        await host.UntilAsync(d => d.Status == "ACTIVE");

        await (await host.PostAsync("promote", $$"""{"comment":"{{new string('x', 5001)}}"}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await host.PostAsync("revisions/1/deactivate")).ShouldSucceedAsync();
        await (await host.PostAsync("promote")).ShouldRefuseAsync(409, "revision_inactive");
        await (await host.PostAsync("revisions/1/activate")).ShouldSucceedAsync();
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        await (await host.PostAsync("promote")).ShouldRefuseAsync(409, "deployment_stopped");
        await (await host.PostAsync("start")).ShouldSucceedAsync();

        await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/staging", """{"protected":true,"requires_stage":"Staging"}""")).ShouldSucceedAsync();
        await (await host.PostAsync("promote")).ShouldRefuseAsync(409, "stage_required");
        await (await host.Admin.GetAsync("/api/v1/deployments/staging/iris")).ShouldRefuseAsync(404, "deployment_not_found");
    }

    [Fact]
    public async Task A_target_that_is_busy_stopped_or_somebody_elses_is_not_promoted_to()
    {
        await using var host = await DeploymentHost.StartAsync();
        await SourceStaysAsync(host);
        await host.LiveAsync();
        await host.LiveAsync("other", by: host.Analyst);
        await host.LiveAsync("other", environment: "staging");
        Assert.Contains("test-administrator", (await (await host.PostAsync("promote", path: "development/other")).ShouldRefuseAsync(409, "name_taken")).Detail, StringComparison.Ordinal);

        host.Replicas.Hold("iris-1");
        await PromoteAsync(host, "development");
        await host.UntilEndedAsync(await host.UpdateAsync(2));
        await (await host.PostAsync("promote")).ShouldRefuseAsync(409, "rollout_under_way");
        await (await host.PostAsync("stop", path: "staging/iris")).ShouldSucceedAsync();
        await (await host.PostAsync("promote")).ShouldRefuseAsync(409, "deployment_stopped");
    }

    [Fact]
    public async Task Two_who_promote_at_once_start_one_rollout()
    {
        await using var host = await DeploymentHost.StartAsync();
        host.Replicas.Hold("iris-1");
        await host.CreateAsync();
        host.Replicas.Release("iris-1");
        await host.UntilAsync(d => d.Status == "ACTIVE");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => host.PostAsync("promote")));
        Assert.Single(answers, a => (int)a.StatusCode == 202);
        Assert.All(answers.Where(a => (int)a.StatusCode != 202), a => Assert.Equal(409, (int)a.StatusCode));
    }

    [Theory]
    [InlineData("keep", "ACTIVE")]
    [InlineData("scale_to_zero", "SCALED_TO_ZERO")]
    [InlineData("deactivate", "INACTIVE")]
    public async Task The_source_is_cleaned_up_once_the_rollout_has_succeeded_and_not_before(string cleanup, string status)
    {
        await using var host = await DeploymentHost.StartAsync();
        await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/staging", $$$"""{"promotion":{"source_after_promotion":"{{{cleanup}}}"}}""")).ShouldSucceedAsync();
        await host.LiveAsync();
        host.Versions.Building["iris-1"] = true;                    // the build is there; its rollout in staging waits for it anew
        await PromoteAsync(host, "development", """{"comment":"good numbers"}""");
        Assert.Equal("ACTIVE", (await host.GetAsync()).Status);
        Assert.Equal(("pending", "good numbers"), (await LedgerAsync(host, "development")).Single() is var entry ? (entry.Outcome, entry.Comment) : default);

        host.Versions.Building.Clear();
        await host.UntilAsync(d => d.Status == "ACTIVE", environment: "staging");
        await host.UntilAsync(() => LedgerAsync(host, "staging"), l => l.Single().Outcome == "done");
        await host.UntilAsync(d => d.Status == status);
    }

    [Fact]
    public async Task A_revision_that_was_held_at_zero_comes_back_when_it_is_rolled_out_again()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(more: ""","variables":{"A":"1"}""");
        await PromoteAsync(host, "development");
        await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");
        await (await host.PostAsync("revisions", """{"variables":{"A":"2"}}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Live!.Number == 2 && d.Rollout is null);
        await (await host.PostAsync("rollback")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Live!.Number == 1 && d.Rollout is null && d.Status == "ACTIVE");
    }

    [Fact]
    public async Task A_set_at_zero_that_live_and_target_revision_share_is_woken_by_the_rollout()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await PromoteAsync(host, "development");
        var held = await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");
        await (await host.PostAsync("revisions", """{"routing":{"fields":[{"name":"country","type":"string"}]}}""")).ShouldSucceedAsync();
        var live = await host.UntilAsync(d => d.Live!.Number == 2 && d.Rollout is null && d is { Status: "ACTIVE", ReplicasReady: 1 });
        Assert.Equal(held.Live!.Variants[0].ReplicaSet, live.Live!.Variants[0].ReplicaSet);
    }

    [Fact]
    public async Task What_is_still_on_its_way_to_staging_is_rejected_with_a_line_in_the_ledger()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        host.Replicas.Hold("iris-1");
        await PromoteAsync(host, "development");
        await (await host.PostAsync("reject", """{"comment":"too early"}""", "staging/iris")).ShouldSucceedAsync();
        var ledger = (await host.Admin.GetAsync<Page<PromotionInfo>>("/api/v1/deployments/development/iris/promotions")).Items;
        Assert.Equal([("rejected", "too early", 1), ("promoted", null, 1)], ledger.Select(p => (p.Kind, p.Comment, p.Revision)));
    }

    [Fact]
    public async Task Reject_stops_staging_and_wakes_development_at_its_own_revision()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await PromoteAsync(host, "development");
        await host.UntilAsync(d => d.Status == "ACTIVE", environment: "staging");
        await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");

        await (await host.Analyst.PostJsonAsync("/api/v1/deployments/staging/iris/reject", "{}")).ShouldRefuseAsync(403, "missing_right");
        await (await host.PostAsync("reject")).ShouldRefuseAsync(409, "not_in_staging");
        await (await host.Server.As(Role.Manager).PostJsonAsync("/api/v1/deployments/staging/iris/reject", """{"comment":"worse on Mondays"}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "STOPPED", environment: "staging");
        Assert.Equal(1, (await host.UntilAsync(d => d.Status == "ACTIVE")).Live!.Number);
        Assert.Equal([("rejected", "worse on Mondays"), ("promoted", null)], (await LedgerAsync(host, "staging")).Select(p => (p.Kind, p.Comment)));
        await (await host.PostAsync("reject", path: "staging/iris")).ShouldRefuseAsync(409, "deployment_stopped");

        await using var db = host.Service<Database>().Read();
        Assert.Contains("worse on Mondays", (await db.Set<AuditEntry>().SingleAsync(e => e.Action == "deployment.rejected")).After, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_pushed_straight_to_staging_comes_back_as_a_deployment_of_its_own()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: "staging", more: ""","variables":{"A":"1"}""");
        await (await host.PostAsync("reject", path: "staging/iris")).ShouldSucceedAsync();
        Assert.Equal("1", (await host.UntilAsync(d => d.Status == "ACTIVE")).Live!.Variables["A"]);
    }

    [Fact]
    public void The_source_is_left_alone_when_something_else_has_happened()
    {
        var (now, promoted, other, live) = (Given.Now, Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var promotion = new Promotion { Id = Guid.NewGuid(), From = "development", To = "staging", Name = "iris", By = "ada", At = now, SourceRevisionId = live, TargetRevisionId = promoted };
        Assert.Equal(PromotionOutcome.Pending, PromotionDecision.Next(promotion, [], live));                                             // not begun as far as we see
        Assert.Equal(PromotionOutcome.Pending, PromotionDecision.Next(promotion, [Rollout(promoted, 1, failed: true)], live));           // may be retried
        Assert.Equal(PromotionOutcome.Done, PromotionDecision.Next(promotion, [Rollout(promoted, 1, failed: true), Rollout(promoted, 2)], live));
        Assert.Equal(PromotionOutcome.Superseded, PromotionDecision.Next(promotion, [Rollout(promoted, 1, failed: true), Rollout(other, 2)], live));
        Assert.Equal(PromotionOutcome.Done, PromotionDecision.Next(promotion, [Rollout(promoted, 1), Rollout(other, 2)], live));         // it did succeed, before the next one
        Assert.Equal(PromotionOutcome.Superseded, PromotionDecision.Next(promotion, [Rollout(promoted, 1)], other));                     // the source moved on
        Assert.Equal(PromotionOutcome.Superseded, PromotionDecision.Next(promotion, [Rollout(promoted, 1)], null));                      // or is gone

        RolloutOutcome Rollout(Guid to, int minute, bool failed = false) => new(
            Guid.NewGuid(), to, false, !failed, now.AddMinutes(minute), now.AddMinutes(minute + 1), failed ? new RolloutError("load_failed", "It did not load.") : null);
    }

    private static async Task SourceStaysAsync(DeploymentHost host)
    {
        foreach (var environment in new[] { "staging", "production" })
        {
            await (await host.Admin.SendJsonAsync(HttpMethod.Patch, $"/api/v1/environments/{environment}", """{"promotion":{"source_after_promotion":"keep"}}""")).ShouldSucceedAsync();
        }
    }

    private static async Task<PromotedInfo> PromoteAsync(DeploymentHost host, string environment, string json = "{}") =>
        await (await host.PostAsync("promote", json, $"{environment}/iris")).ReadAsync<PromotedInfo>();

    private static async Task<IReadOnlyList<PromotionInfo>> LedgerAsync(DeploymentHost host, string environment) =>
        (await host.Admin.GetAsync<Page<PromotionInfo>>($"/api/v1/deployments/{environment}/iris/promotions")).Items;
}
