using Slipway.Server.Deployments;
using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Deployments;

public sealed class DeploymentStatusTests
{
    private static readonly Revision One = Given.Revision(1, "one");
    private static readonly Revision Two = Given.Revision(2, "two");
    private static readonly RolloutTraffic First = Given.Rollout(null, One);
    private static readonly RolloutTraffic Update = Given.Rollout(One, Two);
    private static readonly RevisionFacts None = new(1, 0, 0, 0, 0, 0, null);
    private static readonly RevisionFacts Loading = new(1, 1, 0, 1, 0, 0, null);
    private static readonly RevisionFacts Ready = new(1, 1, 1, 0, 1, 0, null);

    [Fact]
    public void Before_the_first_revision_is_live_the_status_follows_its_rollout()
    {
        Expect("BUILDING", null, Of(null, First with { Building = true }, None));
        Expect("DEPLOYING", null, Of(null, First, None));
        Expect("LOADING_MODEL", null, Of(null, First, Loading));
        Expect("LOADING_MODEL", null, Of(null, First, Ready));   // others still load
        Expect("BUILD_FAILED", "build_failed", Of(null, First.Failed("build_failed"), null));
        Expect("DEPLOY_FAILED", "load_failed", Of(null, First.Failed("load_failed"), null));
        Expect("DEPLOY_FAILED", "memory_limit", Of(null, First.Failed("memory_limit"), null));
        Expect("BUILD_STOPPED", "canceled", Of(null, First with { UnderWay = false, Building = true }, null));
        Expect("DEPLOY_FAILED", "canceled", Of(null, First with { UnderWay = false }, null));
    }

    [Fact]
    public void A_live_revision_is_active_as_long_as_it_answers()
    {
        Expect("ACTIVE", null, Of(Ready, First with { UnderWay = false }, null));
        Expect("UPDATING", null, Of(Ready, Update, Loading));
        Expect("ACTIVE", "update_failed", Of(Ready, Update.Failed("load_failed"), null));
        Expect("ACTIVE", "replicas_missing", Of(Ready with { Wanted = 2 }, null, null));
    }

    [Fact]
    public void A_live_revision_without_a_ready_replica_says_why()
    {
        Expect("DEPLOYING", "no_replica_ready", Of(None, null, null));
        Expect("UNHEALTHY", "no_replica_ready", Of(None with { Unresponsive = 1 }, null, null));   // silent, and not restarted yet
        Expect("SCALED_TO_ZERO", "scaled_to_zero", Of(None with { AtZero = true }, null, null));
        Expect("WAKING_UP", "waking_up", Of(Loading with { Waking = true }, null, null));
        Expect("LOADING_MODEL", "no_replica_ready", Of(Loading, null, null));
        Expect("UNHEALTHY", "memory_limit", Of(None with { ConsecutiveFailures = 1, LastExit = Given.Exit("memory_limit") }, null, null));
        Expect("UNHEALTHY", "crashed", Of(None with { LastExit = Given.Exit("crashed") }, null, null));
        Expect("UNHEALTHY", "hung", Of(None with { LastExit = Given.Exit("hung") }, null, null));
        Expect("FAILED", "load_failed", Of(None with { ConsecutiveFailures = 3, LastExit = Given.Exit("import_failed") }, null, null));
    }

    [Fact]
    public void The_old_revision_may_be_down_when_the_new_one_answers() => Expect("UPDATING", null, Of(None, Update, Ready));

    [Fact]
    public void A_stopped_deployment_is_stopped_once_its_last_replica_has_ended()
    {
        Expect("DEACTIVATING", null, DeploymentStatus.Of(RunState.Stopped, Ready, null, null, 0));
        Expect("DEACTIVATING", null, DeploymentStatus.Of(RunState.Stopped, None, null, null, 1));
        Expect("STOPPED", null, DeploymentStatus.Of(RunState.Stopped, None, null, null, 0));
    }

    [Fact]
    public void A_set_that_nobody_has_made_yet_counts_as_not_ready()
    {
        var id = Guid.NewGuid();
        var facts = RevisionFacts.Of(["one", "two"], id, Given.Snapshot(Given.Set(id, "one", ready: 2, loading: 1, exit: Given.Exit("drained"))));
        Assert.Equal(new RevisionFacts(3, 3, 2, 1, 0, 0, null), facts);
    }

    private static Standing Of(RevisionFacts? live, RolloutTraffic? rollout, RevisionFacts? target) =>
        DeploymentStatus.Of(RunState.Running, live, rollout, target, 0);

    private static void Expect(string word, string? reason, Standing standing)
    {
        Assert.Equal((word, reason), (standing.Word.ToWire(), standing.Reason));
        Assert.Equal(reason is null, standing.Detail is null);
    }
}
