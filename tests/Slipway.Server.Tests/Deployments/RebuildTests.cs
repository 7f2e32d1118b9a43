using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

public sealed class RebuildTests
{
    [Fact]
    public async Task A_rebuild_is_a_new_build_and_a_new_revision_that_later_changes_keep()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.CreateAsync(more: ""","variables":{"MODE":"fast"},"labels":{"team":"growth"}""");
        await host.UntilAsync(d => d.Status == "ACTIVE");

        var rollout = await (await host.PostAsync("rebuild")).ReadAsync<RolloutInfo>();
        Assert.Equal("SUCCEEDED", (await host.UntilEndedAsync(rollout)).Status);
        var rebuilt = (await host.GetAsync()).Live!;
        Assert.Equal((2, 2, "fast", "growth"), (rebuilt.Number, rebuilt.Variants[0].Build, rebuilt.Variables["MODE"], rebuilt.Labels["team"]));
        Assert.Contains("iris-1-build-2:1", host.Replicas.Asked);

        // A variable does not lose the build; another version has its own first one, and back is the old build.
        await (await host.PostAsync("revisions", """{"variables":{"MODE":"slow"}}""")).ShouldSucceedAsync();
        var changed = await host.UntilAsync(d => d.Live!.Number == 3 && d.Rollout is null);
        Assert.Equal(2, changed.Live!.Variants[0].Build);
        await host.UntilEndedAsync(await host.UpdateAsync(2));
        Assert.Equal(1, (await host.GetAsync()).Live!.Variants[0].Build);
        await (await host.PostAsync("rollback", """{"revision":1}""")).ShouldSucceedAsync();
        Assert.Equal(1, (await host.UntilAsync(d => d.Live!.Number == 1 && d.Rollout is null)).Live!.Variants[0].Build);

        // The next rebuild is the third build of version 1.
        await (await host.PostAsync("rebuild")).ShouldSucceedAsync();
        Assert.Equal(3, (await host.UntilAsync(d => d.Live!.Number > 4 && d.Rollout is null)).Live!.Variants[0].Build);
    }

    [Fact]
    public async Task A_rebuild_needs_something_live_and_the_right_to_deploy()
    {
        await using var host = await DeploymentHost.StartAsync();
        host.Versions.BuildErrors["iris-1"] = "no-such-package==1 was not found.";
        await host.CreateAsync();
        await host.UntilAsync(d => d.Status == "BUILD_FAILED");
        await (await host.PostAsync("rebuild")).ShouldRefuseAsync(409, "nothing_live");
        await (await host.PostAsync("rebuild", path: "development/nobody")).ShouldRefuseAsync(404, "deployment_not_found");
        host.Versions.BuildErrors.Clear();
        await host.LiveAsync("kept", environment: "production");
        await (await host.Server.As(Role.Manager).PostJsonAsync("/api/v1/deployments/production/kept/rebuild", "{}")).ShouldRefuseAsync(403, "missing_right");
        await (await host.PostAsync("stop", path: "production/kept")).ShouldSucceedAsync();
        await (await host.PostAsync("rebuild", path: "production/kept")).ShouldRefuseAsync(409, "deployment_stopped");
    }
}
