using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Environments;

/// <summary>Answers questions about environments.</summary>
internal sealed class EnvironmentInfos(Database database)
{
    /// <returns>All of them, in their order; there are few.</returns>
    public async Task<Page<EnvironmentInfo>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var counts = await db.Set<Deployment>().GroupBy(d => d.EnvironmentId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
        return new Page<EnvironmentInfo>([.. (await EnvironmentOrder.ReadAsync(db, cancellationToken)).Select(e => Of(e, counts.GetValueOrDefault(e.Id)))], null);
    }

    /// <returns>One of them, or <c>environment_not_found</c>.</returns>
    public async Task<Result<EnvironmentInfo>> OneAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        return await EnvironmentOrder.There(db).SingleOrDefaultAsync(e => e.Name == name, cancellationToken) is { } found
            ? Of(found, await db.Set<Deployment>().CountAsync(d => d.EnvironmentId == found.Id, cancellationToken))
            : EnvironmentRefusals.NotFound(name);
    }

    public static string Audited(DeploymentEnvironment environment)
    {
        var promotion = environment.Promotion.ToInfo();
        return new JsonObject
        {
            ["order"] = environment.Order,
            ["protected"] = environment.Protected,
            ["approval"] = environment.Approval,
            ["reviewers"] = new JsonArray([.. environment.Reviewers.Select(r => (JsonNode?)r)]),
            ["requires_stage"] = environment.RequiresStage?.ToString(),
            ["min_replicas"] = environment.MinReplicas,
            ["max_replicas"] = environment.MaxReplicas,
            ["autoscaling"] = ScalingOf(environment) is { } scaling ? JsonSerializer.SerializeToNode(scaling, ContractsJson.Default.AutoscalingSettings) : null,
            ["promotion"] = JsonSerializer.SerializeToNode(promotion, ContractsJson.Default.PromotionSettingsInfo),
        }.ToJsonString();
    }

    private static EnvironmentInfo Of(DeploymentEnvironment e, int deployments) => new(
        e.Name, e.Order, e.Protected, deployments, e.IsBuiltIn, e.Approval, e.Reviewers, e.RequiresStage?.ToString(), e.MinReplicas ?? 1,
        e.MaxReplicas ?? Math.Max(1, e.MinReplicas ?? 1), e.Promotion.ToInfo(), Etag.Of(e.Edit), e.CreatedAt, e.UpdatedAt ?? e.CreatedAt,
        ScalingOf(e));

    private static AutoscalingSettings? ScalingOf(DeploymentEnvironment e) => e.Scaling?.ToInfo(e.MinReplicas ?? 1, e.MaxReplicas ?? Math.Max(1, e.MinReplicas ?? 1));
}
