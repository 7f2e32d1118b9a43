using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments;

/// <summary>A model version that is about to answer in an environment.</summary>
internal sealed record GateVersion(string Model, int Number, Stage Stage);

/// <summary>
/// The gate of a protected environment: what may become live there. Who may ask for it at all is decided before, by <see cref="DeploymentAccess"/>.
/// </summary>
internal static class Gate
{
    public static bool AsksForApproval(DeploymentEnvironment environment) => environment is { Protected: true, Approval: true };

    /// <param name="wasApproved">A reviewer has said yes to this very revision here.</param>
    /// <param name="wasAdmitted">The revision has passed this gate before: going back to it must be possible whatever its version's stage is by now.</param>
    /// <returns>Null: it may; else <c>stage_required</c>, or <c>approval_required</c> when nothing else is in the way.</returns>
    public static Refusal? Refuse(DeploymentEnvironment environment, IReadOnlyList<GateVersion> versions, bool wasApproved, bool wasAdmitted)
    {
        if (!environment.Protected)
        {
            return null;
        }

        if (!wasAdmitted && environment.RequiresStage is { } stage && versions.FirstOrDefault(v => v.Stage != stage) is { } other)
        {
            return DeploymentRefusals.StageRequired(environment.Name, stage, other);
        }

        return environment.Approval && !wasApproved ? DeploymentRefusals.ApprovalRequired(environment.Name) : null;
    }
}
