using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>What is different about a deployment in live mode: it is in development, has one replica at most, no autoscaling, and is replaced and not rolled out.</summary>
internal static class LiveMode
{
    public static string ToWire(this DeploymentMode mode) => mode == DeploymentMode.Live ? "live" : "standard";

    /// <summary>A patch is no revision, so nobody could approve it, and no version, so it is in no stage: where one of these is asked for, code is not edited live.</summary>
    /// <returns>Null: it may be; else <c>draft_gated</c>.</returns>
    public static Refusal? RefuseGated(DeploymentEnvironment environment) =>
        environment is { Protected: true } and ({ Approval: true } or { RequiresStage: not null }) ? LiveDraftRefusals.Gated(environment.Name) : null;

    /// <returns>The mode of a new deployment.</returns>
    public static DeploymentMode Chosen(DeploymentFields fields, string? mode, string environment)
    {
        if (mode is not (null or "standard" or "live"))
        {
            fields.Wrong("mode", "mode must be standard or live.");
        }

        if (mode == "live" && environment != DeploymentEnvironment.Development)
        {
            fields.Wrong("mode", "A live deployment serves code that is still edited, so it can only be in development.");
        }

        return mode == "live" ? DeploymentMode.Live : DeploymentMode.Standard;
    }

    public static void Bounds(DeploymentFields fields, DeploymentMode mode, int min, int max, ScalingSettings scaling)
    {
        if (mode == DeploymentMode.Live && (min != 0 || max != 1 || scaling.Enabled))
        {
            fields.Wrong("autoscaling", "A live deployment has one replica, goes to zero when it is idle and is not scaled; leave bounds and autoscaling out.");
        }
    }

    /// <summary>How a revision of a live deployment goes live; a request cannot choose.</summary>
    public static RolloutSettings Recreate { get; } = new(Strategy: "recreate");
}
