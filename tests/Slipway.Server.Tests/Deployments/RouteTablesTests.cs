using System.Collections.Frozen;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Deployments;

public sealed class RouteTablesTests
{
    private static readonly DeploymentOptions Options = new();

    [Fact]
    public void A_revision_takes_traffic_when_each_of_its_sets_has_a_ready_replica()
    {
        var deployment = Given.Deployment();
        var live = Given.Revision(1, "a", "b");
        var half = Route(deployment, live, null, null, Given.Set(deployment.Id, "a", ready: 1));
        Assert.Equal(RouteState.Serving, half.State);   // live: requests wait for the set that is missing
        Assert.Empty(half.Revisions[0].Variants[1].Set.Replicas);

        var first = Given.Rollout(null, live);
        Assert.Equal(RouteState.NotReady, Route(deployment, null, first, live, Given.Set(deployment.Id, "a", ready: 1)).State);
        Assert.Equal(RouteState.Serving, Route(deployment, null, first, live, Given.Set(deployment.Id, "a", ready: 1), Given.Set(deployment.Id, "b", ready: 1)).State);
    }

    [Theory]
    [InlineData(1, 1, 2500, "1:7500 2:2500")]   // both answer: the stored weight
    [InlineData(1, 1, 0, "1:10000")]            // the target gets nothing yet
    [InlineData(1, 1, 10000, "2:10000")]
    [InlineData(1, 0, 2500, "1:10000")]         // the target has lost its replica: the live revision takes all
    [InlineData(0, 1, 2500, "2:10000")]         // the live one has: the target takes all
    [InlineData(0, 1, 0, "1:10000")]            // but not before it was given any
    public void Weights_move_between_revisions_that_answer(int liveReady, int targetReady, int weight, string expected)
    {
        var deployment = Given.Deployment();
        var (live, target) = (Given.Revision(1, "old"), Given.Revision(2, "new"));
        var route = Route(
            deployment, live, Given.Rollout(live, target, weight), target,
            Given.Set(deployment.Id, "old", ready: liveReady), Given.Set(deployment.Id, "new", ready: targetReady));

        Assert.Equal(expected, string.Join(' ', route.Revisions.Select(r => $"{r.Number}:{r.Weight}")));
        Assert.Equal(10_000, route.Revisions.Sum(r => r.Weight));
    }

    [Fact]
    public void A_replica_that_drains_stays_in_the_table_and_takes_nothing_new()
    {
        var deployment = Given.Deployment();
        var set = Route(deployment, Given.Revision(1, "a"), null, null, Given.Set(deployment.Id, "a", ready: 1, loading: 1, draining: 1)).Revisions[0].Default.Set;
        Assert.Equal([false, true], set.Replicas.Select(r => r.Ready).Order());
        Assert.Equal((2, true, 32), (set.PredictConcurrency, set.Batch, set.MaxBatch));
    }

    [Fact]
    public void A_live_revision_that_fails_at_every_start_is_not_waited_for()
    {
        var deployment = Given.Deployment();
        Assert.Equal(RouteState.Serving, Route(deployment, Given.Revision(1, "a"), null, null, Given.Set(deployment.Id, "a", failures: 2)).State);
        Assert.Equal(RouteState.NotReady, Route(deployment, Given.Revision(1, "a"), null, null, Given.Set(deployment.Id, "a", failures: 3)).State);
    }

    [Fact]
    public void A_stopped_deployment_has_a_route_that_says_so()
    {
        var deployment = Given.Deployment();
        deployment.Stop(Given.Now);
        var route = Route(deployment, Given.Revision(1, "a"), null, null, Given.Set(deployment.Id, "a", ready: 1));
        Assert.Equal(RouteState.Stopped, route.State);
        Assert.Empty(route.Revisions);
    }

    [Theory]
    [InlineData(1, 1, "development")]   // live in both: development
    [InlineData(0, 1, "staging")]       // not live in development
    [InlineData(1, 0, "development")]
    [InlineData(0, 0, "development")]
    public void A_users_scope_finds_development_if_it_is_live_there_and_else_staging(int development, int staging, string expected)
    {
        var (first, second, third) = (Given.Deployment(environment: "development"), Given.Deployment(environment: "staging"), Given.Deployment(environment: "production"));
        var table = Table(
            [Desired(first, development), Desired(second, staging), Desired(third, 1)],
            Given.Set(first.Id, "a", ready: 1), Given.Set(second.Id, "a", ready: 1), Given.Set(third.Id, "a", ready: 1));

        Assert.Equal(expected, table.Deployments[new RouteKey("ada", "iris")].Environment);
        Assert.Equal(third.Id, table.Deployments[new RouteKey("production", "iris")].DeploymentId);
        Assert.False(table.Deployments.ContainsKey(new RouteKey("grace", "iris")));
    }

    [Fact]
    public void A_table_differs_when_anything_that_the_gateway_sees_does()
    {
        var deployment = Given.Deployment();
        var revision = Given.Revision(1, "a");
        var one = Given.Set(deployment.Id, "a", ready: 1);
        var table = Table([new DesiredDeployment(deployment, revision, null, null)], one);

        Assert.True(RouteTables.Same(table, Table([new DesiredDeployment(deployment, revision, null, null)], one)));
        Assert.False(RouteTables.Same(table, Table([new DesiredDeployment(deployment, revision, null, null)], Given.Set(deployment.Id, "a", ready: 2))));
        Assert.False(RouteTables.Same(table, Table([])));
    }

    [Fact]
    public void A_set_that_was_told_to_have_none_while_it_should_have_some_shows_that_the_desired_state_is_behind()
    {
        var deployment = Given.Deployment();
        var set = Given.Set(deployment.Id, "a", ready: 1);
        var awake = new DesiredDeployment(deployment, Given.Revision(1, "a"), null, null);
        var asleep = awake with { Wishes = awake.Wishes.Add("a", new ReplicaWish(0, true, null, ScaleReasons.HeldAtZero, Given.Now)) };
        Assert.False(RouteTables.IsBehind([awake], Given.Snapshot(set)));
        Assert.True(RouteTables.IsBehind([awake], Given.Snapshot(set with { Desired = 0 })));
        Assert.False(RouteTables.IsBehind([asleep], Given.Snapshot(set with { Desired = 0 })));
        Assert.False(RouteTables.IsBehind([awake], Given.Snapshot()));   // it is not made yet
    }

    private static DesiredDeployment Desired(Deployment deployment, int live) => new(deployment, live == 1 ? Given.Revision(1, "a") : null, null, null);

    private static DeploymentRoute Route(Deployment deployment, Revision? live, RolloutTraffic? rollout, Revision? target, params ReplicaSetStatus[] sets) =>
        RouteTables.RouteOf(new DesiredDeployment(deployment, live, rollout, target), Given.Snapshot(sets), Options);

    private static RouteTable Table(DesiredDeployment[] desired, params ReplicaSetStatus[] sets) =>
        RouteTables.Build(1, [.. desired], Given.Snapshot(sets), FrozenDictionary<string, KeyIdentity>.Empty, Options);
}
