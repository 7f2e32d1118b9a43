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
        var plan = Plan(Given.Deployment(max: 4, scaledTo: 3), live, Given.Rollout(live, target, 3333, fromReplicas: 2, toReplicas: 2), target);
        Assert.Equal([("new", 2), ("old", 2)], plan);
    }

    [Fact]
    public void A_set_in_both_revisions_is_neither_grown_nor_shrunk_by_the_rollout()
    {
        var (live, target) = (Given.Revision(1, "same"), Given.Revision(2, "same", "other"));
        var plan = Plan(Given.Deployment(max: 4, scaledTo: 3), live, Given.Rollout(live, target, 0, fromReplicas: 1, toReplicas: 1), target);
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
