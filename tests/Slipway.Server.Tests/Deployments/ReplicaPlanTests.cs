using Slipway.Server.Deployments;

namespace Slipway.Server.Tests.Deployments;

public sealed class ReplicaPlanTests
{
    [Theory]
    [InlineData(1, 4, 2, null, null, 2)]   // the wish, inside the bounds
    [InlineData(1, 4, 9, null, null, 4)]   // the maximum bounds the wish
    [InlineData(2, 4, 1, null, null, 2)]   // and the minimum
    [InlineData(2, 4, 0, null, null, 0)]   // zero is at zero, whatever the minimum
    [InlineData(1, 1, 1, 2, null, 2)]      // a rollout's floor is above both
    [InlineData(2, 4, 4, null, 1, 1)]      // and so is its ceiling
    [InlineData(1, 4, 2, 3, 3, 3)]
    public void The_rollout_wins_over_the_bounds_and_these_over_the_wish(int min, int max, int wish, int? floor, int? ceiling, int replicas) =>
        Assert.Equal(replicas, ReplicaPlan.Replicas(new ReplicaBounds(min, max, wish, floor, ceiling)));

    [Fact]
    public void In_the_middle_of_a_rollout_both_revisions_have_what_it_allows()
    {
        var (live, target) = (Given.Revision(1, "old"), Given.Revision(2, "new"));
        var plan = Plan(Given.Deployment(max: 4, scaledTo: 3), live, Given.Rollout(live, target, 3333, fromShare: 6666, toShare: 6666), target);
        Assert.Equal([("new", 2), ("old", 2)], plan);
    }

    [Theory]
    [InlineData(3, 0, 0)]          // not wanted
    [InlineData(3, 3333, 1)]       // what 1 of 3 is
    [InlineData(3, 6666, 2)]
    [InlineData(3, 3334, 2)]       // a little over one needs another
    [InlineData(3, 10_000, 3)]
    [InlineData(3, 13_333, 4)]     // overhead: more than the set's own
    [InlineData(0, 10_000, 1)]     // a deployment at zero still proves its next revision on one replica
    [InlineData(64, 1562, 10)]     // 9.997 replicas are ten
    public void A_share_of_a_set_is_so_many_whole_replicas(int target, int share, int replicas) => Assert.Equal(replicas, ReplicaPlan.OfShare(target, share));

    [Fact]
    public void While_a_rollout_is_held_its_shares_follow_the_wish()
    {
        var (live, target) = (Given.Revision(1, "old"), Given.Revision(2, "new"));
        var rollout = Given.Rollout(live, target, 5000, fromShare: 5000, toShare: 5000);
        Assert.Equal([("new", 1), ("old", 1)], Plan(Given.Deployment(max: 8, scaledTo: 2), live, rollout, target));
        Assert.Equal([("new", 4), ("old", 4)], Plan(Given.Deployment(max: 8, scaledTo: 8), live, rollout, target));
    }

    [Fact]
    public void A_revision_that_was_replaced_keeps_its_replicas_while_it_is_kept()
    {
        var (old, live) = (Given.Revision(1, "old"), Given.Revision(2, "new"));
        var plan = ReplicaPlan.Of(new DesiredDeployment(Given.Deployment(max: 4, scaledTo: 2), live, null, null, old));
        Assert.Equal([("new", 2), ("old", 2)], plan.Select(p => (p.Key, p.Value.Replicas)).Order());
    }

    [Fact]
    public void A_way_back_to_a_kept_revision_starts_nothing()
    {
        var (old, live) = (Given.Revision(1, "old"), Given.Revision(2, "new"));
        var plan = ReplicaPlan.Of(new DesiredDeployment(Given.Deployment(max: 4, scaledTo: 2), live, Given.Rollout(live, old), old, old));
        Assert.Equal([("new", 2), ("old", 2)], plan.Select(p => (p.Key, p.Value.Replicas)).Order());
    }

    [Fact]
    public void A_set_in_both_revisions_is_neither_grown_nor_shrunk_by_the_rollout()
    {
        var (live, target) = (Given.Revision(1, "same"), Given.Revision(2, "same", "other"));
        var plan = Plan(Given.Deployment(max: 4, scaledTo: 3), live, Given.Rollout(live, target, 0, fromShare: 3333, toShare: 3333), target);
        Assert.Equal([("other", 1), ("same", 3)], plan);
    }

    [Fact]
    public void After_a_failed_rollout_only_the_live_revision_has_replicas()
    {
        var (live, target) = (Given.Revision(1, "old"), Given.Revision(2, "new"));
        var plan = Plan(Given.Deployment(max: 4, scaledTo: 3), live, Given.Rollout(live, target, 0, 1, 1).Failed("load_failed"), target);
        Assert.Equal([("old", 3)], plan);
    }

    [Fact]
    public void A_stopped_deployment_has_none()
    {
        var deployment = Given.Deployment();
        deployment.Stop(Given.Now);
        Assert.Empty(Plan(deployment, Given.Revision(1, "old"), null, null));
    }

    [Fact]
    public void Two_variants_with_one_hash_are_one_set_with_the_sum_of_their_maxima() =>
        Assert.Equal([("same", 2)], Plan(Given.Deployment(min: 2, max: 2), Given.Revision(1, "same", "same"), null, null));

    [Fact]
    public void The_hash_of_a_set_depends_on_launch_resources_and_variables_and_on_nothing_else()
    {
        var hash = Variant.SetHash("digest", 0.5, 256, new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" });
        Assert.Equal(32, hash.Length);
        Assert.Equal(hash, Variant.SetHash("digest", 0.5, 256, new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" }));
        string[] others =
        [
            Variant.SetHash("another", 0.5, 256, null), Variant.SetHash("digest", 0.5, 256, null), Variant.SetHash("digest", 0.25, 256, null),
            Variant.SetHash("digest", 0.5, 512, null), Variant.SetHash("digest", 0.5, 256, new Dictionary<string, string> { ["A"] = "1=B" }),
            Variant.SetHash("digest", 0.5, 256, new Dictionary<string, string> { ["A"] = "12" }),
        ];
        Assert.Equal(7, others.Append(hash).Distinct().Count());
    }

    private static List<(string, int)> Plan(Deployment deployment, Revision? live, RolloutTraffic? rollout, Revision? target) =>
        [.. ReplicaPlan.Of(new DesiredDeployment(deployment, live, rollout, target)).Select(p => (p.Key, p.Value.Replicas)).Order()];
}
