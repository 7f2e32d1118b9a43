using System.Text.Json.Nodes;
using Slipway.Contracts;

namespace Slipway.Server.Rollouts;

/// <summary>Turns rollouts into wire types.</summary>
internal static class RolloutInfos
{
    /// <summary>Path below <c>/api/v1</c>.</summary>
    public static string Resource(Rollout rollout) => $"rollouts/{rollout.Id}";

    public static RolloutInfo Of(Rollout rollout) => new(
        rollout.Id.ToString(), rollout.Strategy.ToWire(), rollout.Status.ToWire(), rollout.FromRevision, rollout.ToRevision, rollout.Percent, rollout.ErrorCode,
        rollout.ErrorMessage, rollout.StartedBy, rollout.StartedAt, rollout.FinishedAt,
        [
            .. rollout.Steps.OrderBy(s => s.Number).Select(s => new RolloutStepInfo(s.Number, s.Status.ToWire(), s.What, s.Weight / 100, s.At)),
        ]);

    public static string Audited(Rollout rollout) => new JsonObject
    {
        ["rollout"] = rollout.Id.ToString(),
        ["from_revision"] = rollout.FromRevision,
        ["to_revision"] = rollout.ToRevision,
        ["status"] = rollout.Status.ToWire(),
        ["error_code"] = rollout.ErrorCode,
    }.ToJsonString();
}
