using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Rollouts;
using static Slipway.Server.Tests.Rollouts.GivenRollout;

namespace Slipway.Server.Tests.Rollouts;

/// <summary>Recreate: the old replica goes before the new one comes.</summary>
public sealed class RecreateDecisionTests
{
    private static readonly RolloutSettings Recreate = new("recreate");

    [Fact]
    public void The_old_replica_is_gone_before_the_new_one_starts()
    {
        Assert.Equal("0/0/0", RolloutDecision.Next(Facts(Recreate, replicas: 1), Now).Said(1));
        var going = Facts(Recreate, replicas: 1, fromShare: 0) with { OldSets = One(new SetFacts(1, 0, 1, 0, null)) };
        Assert.Equal("replicas", RolloutDecision.Next(going, Now).Said(1));
        var gone = going with { OldSets = One(new SetFacts(1, 0, 0, 0, null)) };
        Assert.Equal("0/0/1", RolloutDecision.Next(gone, Now).Said(1));
        var starting = Facts(Recreate, replicas: 1, oldReady: 0, fromShare: 0, toShare: 10_000);
        Assert.Equal("replicas", RolloutDecision.Next(starting, Now).Said(1));
        Assert.Equal("100/0/1", RolloutDecision.Next(Facts(Recreate, replicas: 1, ready: 1, oldReady: 0, fromShare: 0, toShare: 10_000), Now).Said(1));
        Assert.Equal("finish", RolloutDecision.Next(Facts(Recreate, replicas: 1, ready: 1, oldReady: 0, weight: 10_000, fromShare: 0, toShare: 10_000, status: RolloutStatus.RampingUp), Now).Said(1));
    }

    [Fact]
    public void Nobody_can_choose_it() => Assert.DoesNotContain("recreate", RolloutSettingsRules.Strategies);
}
