using System.Text.Json.Nodes;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>What webhooks hear of rollouts, recorded in the unit of the step.</summary>
internal static class RolloutEvents
{
    public static void Started(this IEventOutbox outbox, SlipwayDbContext db, Deployment deployment, Rollout rollout) => Record(outbox, db, EventTypes.RolloutStarted, deployment, rollout);

    /// <summary>The rollout has taken the step that it notes last.</summary>
    /// <param name="before">Its status before that.</param>
    public static void Moved(this IEventOutbox outbox, SlipwayDbContext db, Deployment deployment, Rollout rollout, RolloutStatus before)
    {
        if (TypeOf(before, rollout.Status) is { } type)
        {
            Record(outbox, db, type, deployment, rollout);
        }
    }

    /// <returns>Null: the rollout had ended, and what is done to it now moves nothing.</returns>
    public static string? TypeOf(RolloutStatus before, RolloutStatus now) => now switch
    {
        _ when before.IsFinal() => null,
        RolloutStatus.Succeeded => EventTypes.RolloutPromoted,
        RolloutStatus.Failed or RolloutStatus.Canceled => EventTypes.RolloutRolledBack,
        RolloutStatus.Paused => EventTypes.RolloutPaused,
        _ => EventTypes.RolloutStepChanged,
    };

    private static void Record(IEventOutbox outbox, SlipwayDbContext db, string type, Deployment deployment, Rollout rollout) => outbox.Record(
        db, type, RolloutInfos.Resource(rollout), new JsonObject
        {
            ["environment"] = deployment.Environment.Name, ["deployment"] = deployment.Name, ["rollout"] = rollout.Id.ToString(), ["strategy"] = rollout.Strategy.ToWire(),
            ["status"] = rollout.Status.ToWire(), ["from_revision"] = rollout.FromRevision, ["to_revision"] = rollout.ToRevision, ["percent_traffic_to_new_version"] = rollout.Percent,
            ["step"] = rollout.LastStep, ["what"] = rollout.Steps[^1].What, ["by"] = rollout.Steps[^1].By, ["error_code"] = rollout.ErrorCode, ["error_message"] = rollout.ErrorMessage,
        });
}
