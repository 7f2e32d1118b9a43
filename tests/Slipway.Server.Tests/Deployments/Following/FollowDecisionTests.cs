using Slipway.Server.Deployments.Following;

namespace Slipway.Server.Tests.Deployments.Following;

public sealed class FollowDecisionTests
{
    // The name is at version 7 since move 2; v5 is live, unless the row says something else.
    [Theory]
    [InlineData(1L, 5, null, false, false, "Start")]        // it has moved
    [InlineData(null, 5, null, false, false, "Start")]      // nothing was acted upon yet
    [InlineData(2L, 5, null, false, false, "Nothing")]      // held: this move was acted upon, and something else is live (it failed, was refused, or a person went back)
    [InlineData(1L, 7, null, false, false, "Note")]         // it moved to what is live
    [InlineData(1L, null, null, false, false, "Start")]     // nothing is live
    [InlineData(1L, 5, 7, true, false, "Note")]             // on its way already
    [InlineData(1L, 5, 6, true, false, "Nothing")]          // in mid-rollout a move waits
    [InlineData(1L, 5, 6, true, true, "Cancel")]            // or supersedes
    [InlineData(1L, 7, 6, true, false, "Cancel")]           // back to the live one cancels
    [InlineData(2L, 7, 6, true, false, "Nothing")]          // what a person rolls out is let be while the name does not move
    [InlineData(1L, 5, null, true, false, "Nothing")]       // a rollout of another model is waited for too
    public void What_following_does_next(long? handled, int? live, int? rollingOut, bool underWay, bool supersedes, string step) =>
        Assert.Equal(step, FollowDecision.Next(new FollowFacts(7, 2, handled, live, rollingOut, underWay, supersedes)).ToString());

    [Theory]
    [InlineData("iris@champion", "iris", "champion", false)]
    [InlineData("iris/production", "iris", "Production", true)]
    [InlineData("iris/None", null, null, false)]
    [InlineData("iris@latest", null, null, false)]
    [InlineData("iris@a@b", null, null, false)]
    [InlineData("iris", null, null, false)]
    [InlineData(null, null, null, false)]
    public void A_reference_is_a_model_with_an_alias_or_a_stage(string? text, string? model, string? name, bool isStage) =>
        Assert.Equal(model is null ? null : (model, name!, isStage), FollowedName.Parse(text));
}
