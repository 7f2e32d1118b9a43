namespace Slipway.Server.Deployments.Following;

internal enum FollowStep
{
    Nothing,

    /// <summary>The move needs nothing (more): what it names is live or on its way.</summary>
    Note,

    /// <summary>End the rollout under way; the next look decides again.</summary>
    Cancel,

    /// <summary>Begin a rollout to what the name names.</summary>
    Start,
}

/// <param name="Named">Number of the version that the name names.</param>
/// <param name="Move">The last move of the name.</param>
/// <param name="Handled">The move that was acted upon; null: none.</param>
/// <param name="Live">Number of the live version; null: nothing is live, or another model.</param>
/// <param name="RollingOut">The same of the target of the rollout under way; null: another model.</param>
/// <param name="UnderWay">Whether there is one.</param>
internal sealed record FollowFacts(int Named, long Move, long? Handled, int? Live, int? RollingOut, bool UnderWay, bool Supersedes);

/// <summary>
/// Decides what following does next. It looks at where the name is and not at the moves in between, so the last one wins; each move is acted upon once, so that after a failed
/// rollout, a refusal or a rollback by hand it is held until the name moves again.
/// </summary>
internal static class FollowDecision
{
    public static FollowStep Next(FollowFacts facts) => facts switch
    {
        _ when facts.Handled == facts.Move => FollowStep.Nothing,
        _ when facts.UnderWay && facts.RollingOut == facts.Named => FollowStep.Note,
        _ when facts.UnderWay && (facts.Live == facts.Named || facts.Supersedes) => FollowStep.Cancel,
        _ when facts.UnderWay => FollowStep.Nothing,
        _ when facts.Live == facts.Named => FollowStep.Note,
        _ => FollowStep.Start,
    };
}
