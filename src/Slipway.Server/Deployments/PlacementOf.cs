using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>The field <c>placement</c> of a request: who may say it, and what it may be.</summary>
internal static class PlacementOf
{
    /// <summary>What runs in the gateway can end it and read what it reads: each model that comes there is an administrator's decision, also when its revision only takes the placement over from the one before.</summary>
    /// <param name="before">Where the revision runs that the new one is made from, if it brings another model.</param>
    public static Refusal? Refuse(Actor by, string? wanted, Placement before) =>
        (wanted ?? before.ToWire()) == Placement.Gateway.ToWire() && Authorize.Check(by, Right.Administer, Project.Default) is { } refusal
            ? DeploymentRefusals.GatewayIsAdministrators(refusal, isTakenOver: wanted is null)
            : null;

    /// <param name="runtime">Of the version; null: it is not known, which is a wrong field of its own.</param>
    public static Placement Chosen(DeploymentFields fields, string? wanted, Placement before, string? runtime)
    {
        var placement = wanted switch
        {
            null => before,
            "replica" => Placement.Replica,
            "gateway" => Placement.Gateway,
            _ => (Placement?)null,
        };
        if (placement is null)
        {
            fields.Wrong("placement", "placement must be replica or gateway.");
        }
        else if (placement == Placement.Gateway && runtime is not (null or BaseImages.Onnx))
        {
            fields.Wrong("placement", $"Only ONNX models can run in the gateway; this version runs on {runtime}. Say placement: replica.");
        }

        return placement ?? Placement.Replica;
    }
}
