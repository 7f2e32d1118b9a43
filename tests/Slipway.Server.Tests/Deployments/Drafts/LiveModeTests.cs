using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Deployments.Drafts;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments.Drafts;

/// <summary>What live mode allows, and what becomes of a draft, by the rules alone.</summary>
public sealed class LiveModeTests
{
    [Theory]
    [InlineData(""","mode":"live","environment":"staging" """, "mode")]              // code that is still edited stays in development
    [InlineData(""","mode":"hot" """, "mode")]
    [InlineData(""","mode":"live","max_replicas":2""", "autoscaling")]              // one replica
    [InlineData(""","mode":"live","min_replicas":1""", "autoscaling")]              // idle means zero
    [InlineData(""","mode":"live","autoscaling":{"enabled":true}""", "autoscaling")]
    public async Task A_live_deployment_is_refused_what_it_cannot_have(string more, string field)
    {
        await using var host = await DeploymentHost.StartAsync();
        var json = $$"""{"name":"iris","model":"iris","version":"1"{{more}}}""";
        var problem = await (await host.Admin.PostJsonAsync("/api/v1/deployments", json)).ShouldRefuseAsync(400, "invalid_field");
        Assert.Contains(field, problem.Errors!.Keys);
    }

    [Fact]
    public async Task A_live_deployment_is_replaced_by_the_next_revision_and_no_request_may_choose_how()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(more: ""","mode":"live" """);
        await (await host.PatchAsync("""{"max_replicas":3}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await host.PostAsync("revisions", """{"version":"2","strategy":"canary"}""")).ShouldRefuseAsync(400, "invalid_field");
        var done = await host.UntilEndedAsync(await host.UpdateAsync(2));
        Assert.Equal(("recreate", "SUCCEEDED"), (done.Strategy, done.Status));
        var asked = host.Replicas.Asked.ToList();
        Assert.True(asked.IndexOf("iris-1:0") is >= 0 and var gone && gone < asked.IndexOf("iris-2:1"), string.Join(' ', asked));   // never two of them
    }

    [Fact]
    public async Task A_revision_that_does_not_start_gives_its_place_back()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(more: ""","mode":"live" """);
        host.Replicas.Break("iris-2", "load_failed");
        var failed = await host.UntilEndedAsync(await host.UpdateAsync(2));
        Assert.Equal(("FAILED", "load_failed"), (failed.Status, failed.ErrorCode));
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 1, Live.Number: 1 });
    }

    [Fact]
    public async Task A_normal_deployment_has_no_draft()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await (await host.Admin.GetAsync("/api/v1/deployments/development/iris/draft")).ShouldRefuseAsync(409, "not_live_mode");
        await (await host.PostAsync("draft/patches", """{"base_hash":"x","operations":[{"op":"remove","path":"a"}]}""")).ShouldRefuseAsync(409, "not_live_mode");
        await (await host.PostAsync("draft/watch")).ShouldRefuseAsync(409, "not_live_mode");
        await (await host.Admin.GetAsync("/api/v1/deployments/development/rose/draft")).ShouldRefuseAsync(404, "deployment_not_found");
    }

    [Fact]
    public void What_became_of_an_older_patch_is_not_said_of_a_newer_one()
    {
        var draft = LiveDraft.Begin(Guid.NewGuid(), Guid.NewGuid(), "base", "ada", Given.Now);
        draft.Patched("one", ["a.py"], "ada", Given.Now);
        draft.Patched("two", ["a.py"], "ada", Given.Now);
        draft.Became("one", new DraftResult(DraftOutcome.Applied, KeptState: true));
        Assert.Equal(("two", "one", "base", DraftOutcome.Pending), (draft.Hash, draft.RunningHash, draft.LoadedHash, draft.Outcome));
        Assert.False(draft.IsSettled);
        draft.Became("two", new DraftResult(DraftOutcome.Failed, Code: "load_failed", Message: "no"));
        Assert.Equal(("one", DraftOutcome.Failed, true), (draft.RunningHash, draft.Outcome, draft.IsSettled));
        draft.Patched("one", ["a.py"], "ada", Given.Now);   // back to what answers
        Assert.Equal((DraftOutcome.Applied, (string?)null, true), (draft.Outcome, draft.ErrorCode, draft.IsSettled));
    }
}
