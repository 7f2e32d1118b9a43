namespace Slipway.Contracts;

/// <summary>Chooses a deployment's version by a movable name.</summary>
/// <param name="Reference"><c>model@alias</c>, or a stage as <c>model/Production</c>; of the model that the deployment runs.</param>
/// <param name="Follow">Whether it moves along; else it only shows that it has drifted.</param>
/// <param name="OnMove">A move in the middle of a rollout: wait (the default) or supersede. Null: as it is.</param>
public sealed record FollowRequest(string Reference, bool Follow = true, string? OnMove = null);

/// <summary>How a deployment stands to the name that its version was chosen by.</summary>
/// <param name="Version">Number of the version that the name names now; null: none.</param>
/// <param name="State">current, rolling_out, waiting (for a rollout), waits_for_approval, held (until the name moves again or somebody catches up), drift (it does not follow), or unresolved (the name names nothing).</param>
/// <param name="Reason">A sentence; null where the state says all.</param>
public sealed record FollowingInfo(string Reference, bool Follow, string OnMove, int? Version, string State, string? Reason);
