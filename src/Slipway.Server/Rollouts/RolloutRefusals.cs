using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Every way in which this folder says no.</summary>
internal static class RolloutRefusals
{
    public static Refusal NotFound() => Refusal.NotFound("rollout_not_found", "There is no such rollout.");

    public static Refusal UnknownStatus(string status) => Refusal.BadRequest(
        "unknown_status", $"There is no status {status}; there are {string.Join(", ", Enum.GetValues<RolloutStatus>().Select(s => s.ToWire()))}.");

    /// <summary>The state does not allow it; says what it allows.</summary>
    public static Refusal NotNow(Rollout rollout, RolloutAction action) => Refusal.Conflict(
        "rollout_state_conflict",
        $"The rollout to revision {rollout.ToRevision} is {rollout.Status.ToWire()}{(rollout.Forced && rollout.FinishedAt is null ? " and its completion is forced" : "")}, so {action.ToWire()} is not possible; "
        + (rollout.Possible.IsEmpty ? "nothing more can be done with it." : $"possible is {string.Join(", ", rollout.Possible.Select(a => a.ToWire()))}."));
}
