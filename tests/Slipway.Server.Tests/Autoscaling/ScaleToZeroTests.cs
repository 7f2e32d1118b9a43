using System.Net;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Autoscaling;

/// <summary>Zero and back, through the API, on replicas that are only pretended.</summary>
public sealed class ScaleToZeroTests
{
    private const string AtOnce = ""","min_replicas":0,"autoscaling":{"scale_down_delay_seconds":0}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_idle_deployment_with_minimum_0_goes_to_zero_and_wakes_when_it_is_asked(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await host.CreateAsync(more: AtOnce);
        var asleep = await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");
        Assert.Equal(("scaled_to_zero", 0, 0), (asleep.StatusReason, asleep.ReplicasReady, asleep.ReplicasWanted));
        Assert.Contains("iris-1:0", host.Replicas.Asked);
        var seen = await host.Admin.GetAsync<AutoscalingInfo>("/api/v1/deployments/development/iris/autoscaling");
        Assert.Equal((0, 0, "idle"), (seen.Sets.Single().Wish, seen.Sets.Single().Planned, seen.Sets.Single().Reason));

        // Its route takes requests: it parks them.
        var feed = host.Service<RouteTableFeed>();
        await host.UntilAsync(
            () => Task.FromResult(feed.Current.Deployments[new RouteKey("development", "iris")]), r => r.State == RouteState.Serving && r.Revisions.Single().Default.Set.Parks);

        // Awake again, by a person; the delay is longer now, so it stays.
        await (await host.PatchAsync("""{"scale_down_delay_seconds":900}""", "/autoscaling")).ShouldSucceedAsync();
        host.Replicas.Hold("iris-1");
        var woken = await host.PostAsync("wake");
        Assert.Equal(HttpStatusCode.Accepted, woken.StatusCode);
        var waking = await host.UntilAsync(d => d.Status == "WAKING_UP");
        Assert.Equal(("waking_up", 1), (waking.StatusReason, waking.ReplicasWanted));
        host.Replicas.Release("iris-1");
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 1 });
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostAsync("wake")).StatusCode);   // nothing to wake, and no harm
    }

    [Fact]
    public async Task A_request_that_waits_wakes_the_set_at_once()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.CreateAsync(more: AtOnce);
        await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");
        await (await host.PatchAsync("""{"scale_down_delay_seconds":900}""", "/autoscaling")).ShouldSucceedAsync();
        var set = host.Service<RouteTableFeed>().Current.Deployments[new RouteKey("development", "iris")].Revisions[0].Default.Set;
        host.Service<GatewayReports>().Park(set.DeploymentId, set.Hash);   // what the gateway says when it parks a request
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 1 });
        var seen = await host.UntilAsync(
            () => host.Admin.GetAsync<AutoscalingInfo>("/api/v1/deployments/development/iris/autoscaling"), a => a.Sets.Single().ColdStartSeconds is not null);
        Assert.InRange(seen.Sets.Single().ColdStartSeconds!.Value, 0, 60);
        Assert.Contains("slipway_cold_start_seconds_count", await host.Admin.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Held_at_zero_it_stays_there_whatever_its_minimum_until_it_is_woken()
    {
        await using var host = await DeploymentHost.StartAsync();
        var live = await host.LiveAsync(more: ""","min_replicas":2,"max_replicas":4""");
        var id = host.Service<RouteTableFeed>().Current.Deployments[new RouteKey("development", "iris")].DeploymentId;
        await host.Service<Writes>().RunAsync(
            async (db, token) =>
            {
                await host.Service<IScaling>().HoldAtZeroAsync(db, id, [live.Live!.Variants[0].ReplicaSet], ScaleReasons.HeldAtZero, token);
                db.Changed("deployment", "deployments/development/iris");
                return Result.Done;
            },
            CancellationToken.None);
        await host.UntilAsync(d => d is { Status: "SCALED_TO_ZERO", ReplicasReady: 0 });

        // A report does not wake it, and a restart of the loops neither: only a request or a person does.
        await host.UntilAsync(
            () => host.Admin.GetAsync<AutoscalingInfo>("/api/v1/deployments/development/iris/autoscaling"), a => a.Sets.Single().Reason == "held_at_zero");
        await (await host.PostAsync("wake")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 2 });
    }

    [Fact]
    public async Task Scale_to_zero_by_hand_holds_and_scale_up_wakes()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(more: ""","min_replicas":0,"max_replicas":4""");
        await (await host.PostAsync("scale", """{"replicas":3}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 3 });
        await (await host.PostAsync("scale", """{"replicas":0}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "SCALED_TO_ZERO", ReplicasReady: 0 });
        await (await host.PostAsync("wake")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 3 });   // what it had before
        await (await host.PostAsync("scale", """{"replicas":0}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "SCALED_TO_ZERO" });
        await (await host.PostAsync("scale", """{"replicas":1}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 1 });
    }

    [Fact]
    public async Task A_stopped_deployment_cannot_be_woken_and_starts_awake()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.CreateAsync(more: AtOnce);
        await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "STOPPED");
        await (await host.PostAsync("wake")).ShouldRefuseAsync(409, "deployment_stopped");
        await (await host.PatchAsync("""{"scale_down_delay_seconds":900}""", "/autoscaling")).ShouldSucceedAsync();
        await (await host.PostAsync("start")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 1 });
    }

    [Fact]
    public async Task A_minimum_that_is_raised_brings_a_sleeping_deployment_back()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.CreateAsync(more: AtOnce);
        await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");
        await (await host.PatchAsync("""{"min_replicas":2,"max_replicas":2}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 2 });
    }

    [Fact]
    public async Task A_new_version_of_a_sleeping_deployment_is_tried_with_one_replica()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.CreateAsync(more: AtOnce);
        await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");
        var rollout = await host.UntilEndedAsync(await host.UpdateAsync(2));
        Assert.Equal("SUCCEEDED", rollout.Status);
        Assert.Contains("iris-2:1", host.Replicas.Asked);
        await host.UntilAsync(d => d is { Status: "SCALED_TO_ZERO", Live.Number: 2 });
    }
}
