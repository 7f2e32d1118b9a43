using System.Text.Json.Nodes;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>What webhooks hear of deployments, recorded in the unit of the change.</summary>
internal static class DeploymentEvents
{
    /// <param name="from">The deployment that was promoted; null: it was made by itself.</param>
    public static void Created(this IEventOutbox outbox, SlipwayDbContext db, Deployment deployment, Actor by, string? from = null) => Record(
        outbox, db, EventTypes.DeploymentCreated, deployment, new JsonObject { ["kind"] = deployment.Kind.ToString().ToLowerInvariant(), ["owner"] = deployment.Owner, ["by"] = by.Name, ["promoted_from"] = from });

    /// <param name="before">Null: it is the first.</param>
    public static void StateChanged(this IEventOutbox outbox, SlipwayDbContext db, Deployment deployment, string? before, string now, string? reason) => Record(
        outbox, db, EventTypes.DeploymentStateChanged, deployment, new JsonObject { ["from"] = before, ["to"] = now, ["reason"] = reason });

    /// <param name="set">The replica set that gets another number; null: those of the live revision.</param>
    /// <param name="reason">One of <see cref="ScaleReasons"/>.</param>
    public static void Scaled(this IEventOutbox outbox, SlipwayDbContext db, Deployment deployment, string? set, int replicas, string reason, Actor by) => Record(
        outbox, db, EventTypes.DeploymentScaled, deployment, new JsonObject { ["replicas"] = replicas, ["replica_set"] = set, ["reason"] = reason, ["by"] = by.Name });

    private static void Record(IEventOutbox outbox, SlipwayDbContext db, string type, Deployment deployment, JsonObject more)
    {
        more.Insert(0, "environment", deployment.Environment.Name);
        more.Insert(1, "deployment", deployment.Name);
        outbox.Record(db, type, deployment.Resource, more);
    }
}
