using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Replicas;
using Slipway.Server.Tests.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Autoscaling;

/// <summary>Settings of scaling and balancing, through the API.</summary>
public sealed class ScalingSettingsTests
{
    [Fact]
    public async Task A_patch_changes_what_it_names_and_says_whether_that_is_in_force()
    {
        await using var host = await DeploymentHost.StartAsync();
        var live = await host.LiveAsync();
        Assert.Equal(new AutoscalingSettings(false, 1, 1, 60, 900, 1, 70, null, null, null, null), live.Autoscaling);
        var update = await PatchedAsync(host, """{"enabled":true,"max_replicas":5,"concurrency_target":4,"target_cpu_percentage":60,"max_scale_down_rate":20}""");
        Assert.Equal("ACCEPTED", update.Status);
        Assert.Equal(new AutoscalingSettings(true, 1, 5, 60, 900, 4, 70, 20, 60, null, null), update.Settings);
        Assert.Equal("UNCHANGED", (await PatchedAsync(host, """{"concurrency_target":4}""")).Status);
        Assert.Null((await PatchedAsync(host, """{"target_cpu_percentage":0}""")).Settings.TargetCpuPercentage);   // 0 takes it away
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        Assert.Equal("QUEUED", (await PatchedAsync(host, """{"scale_down_delay_seconds":30}""")).Status);
        Assert.Equal(30, (await host.GetAsync()).Autoscaling.ScaleDownDelaySeconds);
    }

    [Theory]
    [InlineData("""{"autoscaling_window_seconds":9}""", "autoscaling_window_seconds")]
    [InlineData("""{"autoscaling_window_seconds":3601}""", "autoscaling_window_seconds")]
    [InlineData("""{"scale_down_delay_seconds":-1}""", "scale_down_delay_seconds")]
    [InlineData("""{"concurrency_target":0}""", "concurrency_target")]
    [InlineData("""{"target_utilization_percentage":101}""", "target_utilization_percentage")]
    [InlineData("""{"max_scale_down_rate":51}""", "max_scale_down_rate")]
    [InlineData("""{"target_memory_percentage":-5}""", "target_memory_percentage")]
    [InlineData("""{"min_replicas":3,"max_replicas":2}""", "min_replicas")]
    [InlineData("""{"max_replicas":0}""", "max_replicas")]
    public async Task What_is_out_of_range_is_refused_at_its_field(string json, string field)
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var problem = await (await host.PatchAsync(json, "/autoscaling")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Contains(field, problem.Errors!.Keys);
    }

    [Fact]
    public async Task While_autoscaling_is_on_the_number_is_not_set_by_hand()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(more: ""","max_replicas":4,"autoscaling":{"enabled":true}""");
        await (await host.PostAsync("scale", """{"replicas":2}""")).ShouldRefuseAsync(409, "autoscaling_on");
        await (await host.PatchAsync("""{"enabled":false}""", "/autoscaling")).ShouldSucceedAsync();
        await (await host.PostAsync("scale", """{"replicas":2}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 2 });
    }

    [Fact]
    public async Task The_load_balancer_is_set_in_place_and_shown()
    {
        await using var host = await DeploymentHost.StartAsync();
        var live = await host.LiveAsync(more: ""","load_balancer":{"algorithm":"ip_hash","sticky":"header"}""");
        Assert.Equal(new LoadBalancerSettings(true, "ip_hash", "header", "Slipway-Session", 5, 30, 50), live.LoadBalancer);
        var answer = await host.PatchAsync("""{"load_balancer":{"enabled":false,"sticky":"cookie","sticky_name":"home","ejection_failures":0}}""");
        Assert.Equal(new LoadBalancerSettings(false, "ip_hash", "cookie", "home", 0, 30, 50), (await answer.ReadAsync<DeploymentInfo>()).LoadBalancer);
        foreach (var (json, field) in new[]
        {
            ("""{"algorithm":"dice"}""", "load_balancing"), ("""{"sticky":"glue"}""", "sticky"), ("""{"sticky_name":"a b"}""", "sticky_name"),
            ("""{"ejection_seconds":0}""", "ejection_seconds"), ("""{"max_ejected_percentage":101}""", "max_ejected_percentage"),
        })
        {
            var problem = await (await host.PatchAsync($$"""{"load_balancer":{{json}}}""")).ShouldRefuseAsync(400, "invalid_field");
            Assert.Contains(field, problem.Errors!.Keys);
        }
    }

    [Fact]
    public async Task Health_checks_are_set_in_place_shown_and_asked_by_the_engine()
    {
        await using var host = await DeploymentHost.StartAsync();
        var live = await host.LiveAsync();
        Assert.Equal(new HealthCheckSettings(2, 600, 6, 10), live.HealthCheck);
        var answer = await host.PatchAsync("""{"health_check":{"interval_seconds":0.5,"stop_traffic_threshold_seconds":2,"restart_threshold_seconds":30}}""");
        Assert.Equal(new HealthCheckSettings(0.5, 600, 2, 30), (await answer.ReadAsync<DeploymentInfo>()).HealthCheck);
        var id = host.Service<RouteTableFeed>().Current.Deployments[new RouteKey("development", "iris")].DeploymentId;
        await host.UntilAsync(() => Task.FromResult(host.Service<IReplicaHealth>().Of(id)), h => h.Restart == TimeSpan.FromSeconds(30) && h.Interval == TimeSpan.FromSeconds(0.5));
        Assert.Equal(10, (await (await host.PatchAsync("""{"health_check":{"restart_threshold_seconds":0}}""")).ReadAsync<DeploymentInfo>()).HealthCheck.RestartThresholdSeconds);
        Assert.Equal("/ready?deep=1", (await (await host.PatchAsync("""{"health_check":{"path":"/ready?deep=1"}}""")).ReadAsync<DeploymentInfo>()).HealthCheck.Path);
        Assert.Equal("/ready?deep=1", (await (await host.PatchAsync("""{"health_check":{"interval_seconds":1}}""")).ReadAsync<DeploymentInfo>()).HealthCheck.Path);   // absent: as it was
        Assert.Null((await (await host.PatchAsync("""{"health_check":{"path":""}}""")).ReadAsync<DeploymentInfo>()).HealthCheck.Path);
        foreach (var (json, field) in new[]
        {
            ("""{"path":"health"}""", "path"), ("""{"path":"/a\r\nHost: x"}""", "path"), ("""{"path":"/a b"}""", "path"), ("""{"interval_seconds":61}""", "interval_seconds"), ("""{"stop_traffic_threshold_seconds":11}""", "stop_traffic_threshold_seconds"),
            ("""{"interval_seconds":5}""", "interval_seconds"), ("""{"restart_threshold_seconds":4000}""", "restart_threshold_seconds"),
        })
        {
            var problem = await (await host.PatchAsync($$"""{"health_check":{{json}}}""")).ShouldRefuseAsync(400, "invalid_field");
            Assert.Contains(field, problem.Errors!.Keys);
        }
    }

    private static async Task<AutoscalingUpdate> PatchedAsync(DeploymentHost host, string json) =>
        await (await host.PatchAsync(json, "/autoscaling")).ReadAsync<AutoscalingUpdate>();
}
