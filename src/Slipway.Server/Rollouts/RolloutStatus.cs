using System.Text.Json;

namespace Slipway.Server.Rollouts;

internal enum RolloutStrategy
{
    Rolling,
    BlueGreen,
    Canary,

    /// <summary>Only for development deployments in live mode.</summary>
    Recreate,
}

/// <summary>Where a rollout stands; upper snake case on the wire. The state diagram is in README.md.</summary>
internal enum RolloutStatus
{
    Releasing,
    RampingUp,
    Paused,
    RampingDown,
    Succeeded,
    Failed,
    Canceled,
}

/// <summary>Why a rollout is paused.</summary>
internal enum PauseReason
{
    Person,

    /// <summary>A gate that needs evidence got none.</summary>
    NoEvidence,
}

/// <summary>What a person may do with a rollout.</summary>
internal enum RolloutAction
{
    Pause,
    Resume,
    Cancel,
    ForceCancel,
    ForceComplete,
    Retry,
    Cleanup,
}

internal static class RolloutWords
{
    public static bool IsFinal(this RolloutStatus status) => status is RolloutStatus.Succeeded or RolloutStatus.Failed or RolloutStatus.Canceled;

    public static string ToWire(this RolloutStatus status) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(status.ToString());

    public static string ToWire(this RolloutStrategy strategy) => JsonNamingPolicy.SnakeCaseLower.ConvertName(strategy.ToString());

    public static string ToWire(this PauseReason reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());

    /// <summary>As in the route: <c>force-cancel</c>.</summary>
    public static string ToWire(this RolloutAction action) => JsonNamingPolicy.KebabCaseLower.ConvertName(action.ToString());

    /// <returns>Null: no such status.</returns>
    public static RolloutStatus? ParseStatus(string text) =>
        Enum.GetValues<RolloutStatus>().Cast<RolloutStatus?>().FirstOrDefault(s => string.Equals(s!.Value.ToWire(), text, StringComparison.OrdinalIgnoreCase));
}
