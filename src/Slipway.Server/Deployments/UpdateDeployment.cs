using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>Changes settings in place; nothing is restarted and no revision is made.</summary>
internal sealed class UpdateDeployment(EditDeployment edit, IOptions<DeploymentOptions> options, IOptions<ReplicasOptions> replicas)
{
    /// <returns>The deployment, <c>invalid_field</c> with every wrong field, or <c>stale_etag</c>.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, UpdateDeploymentRequest request, Actor by, CancellationToken cancellationToken) =>
        edit.RunAsync(which, by, "deployment.updated", DeploymentAccess.Operate, (deployment, now) => Apply(deployment, request, now), cancellationToken);

    private Result<AuditedChange> Apply(Deployment deployment, UpdateDeploymentRequest request, DateTimeOffset now)
    {
        var fields = new DeploymentFields(DeploymentLimits.OfThisMachine(options.Value));
        var min = request.Autoscaling?.MinReplicas ?? request.MinReplicas ?? deployment.MinReplicas;
        var max = request.Autoscaling?.MaxReplicas ?? request.MaxReplicas ?? deployment.MaxReplicas;
        FixedFields.Check(fields, request);
        fields.Text("title", request.Title, 200);
        fields.Text("description", request.Description, 4000);
        fields.Replicas(min, max);
        fields.Labels(request.Labels);
        var balancing = fields.Balancing(request.LoadBalancer?.Algorithm ?? request.LoadBalancing);
        var balancer = deployment.Balancer.With(request.LoadBalancer, fields);
        var health = deployment.Health.With(request.HealthCheck, fields, replicas.Value);
        var timeout = fields.Timeout(request.TimeoutSeconds);
        var scaling = fields.Scaling(deployment.Scaling, request.Autoscaling);
        var strategy = fields.Strategy(request.Strategy, deployment.Strategy, deployment.Mode);
        LiveMode.Bounds(fields, deployment.Mode, min, max, scaling);
        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var before = Settings(deployment);
        deployment.Title = request.Title ?? deployment.Title;
        deployment.Description = request.Description ?? deployment.Description;
        deployment.MinReplicas = min;
        deployment.MaxReplicas = max;
        deployment.Scaling = scaling;
        deployment.Balancer = balancer;
        deployment.Health = health;
        deployment.LoadBalancing = balancing ?? deployment.LoadBalancing;
        deployment.Strategy = strategy;
        deployment.Timeout = timeout ?? deployment.Timeout;
        deployment.Idempotent = request.Idempotent ?? deployment.Idempotent;
        deployment.Labels = request.Labels?.ToDictionary() ?? deployment.Labels;
        deployment.Edited(now);
        return Difference(before, Settings(deployment));
    }

    private static JsonObject Settings(Deployment deployment) => new()
    {
        ["title"] = deployment.Title,
        ["description"] = deployment.Description,
        ["min_replicas"] = deployment.MinReplicas,
        ["max_replicas"] = deployment.MaxReplicas,
        ["autoscaling"] = JsonSerializer.SerializeToNode(deployment.Scaling, DeploymentSettingsJson.Default.ScalingSettings),
        ["health_check"] = JsonSerializer.SerializeToNode(deployment.Health, DeploymentSettingsJson.Default.HealthSettings),
        ["load_balancer"] = JsonSerializer.SerializeToNode(deployment.Balancer, DeploymentSettingsJson.Default.BalancerSettings),
        ["load_balancing"] = deployment.LoadBalancing.ToWire(),
        ["strategy"] = deployment.Strategy is { } strategy ? PromotionSettings.Word(strategy) : null,
        ["timeout_seconds"] = deployment.Timeout.TotalSeconds,
        ["idempotent"] = deployment.Idempotent,
        ["labels"] = new JsonObject(deployment.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))),
    };

    // The audit trail names what changed and nothing else.
    private static AuditedChange Difference(JsonObject before, JsonObject after)
    {
        foreach (var name in before.Select(p => p.Key).Where(name => JsonNode.DeepEquals(before[name], after[name])).ToList())
        {
            before.Remove(name);
            after.Remove(name);
        }

        return new AuditedChange(before, after);
    }
}

internal static class LoadBalancingWords
{
    public static string ToWire(this LoadBalancing balancing) => balancing switch
    {
        LoadBalancing.RoundRobin => "round_robin",
        LoadBalancing.LeastConnections => "least_connections",
        LoadBalancing.IpHash => "ip_hash",
        _ => throw new ArgumentOutOfRangeException(nameof(balancing)),
    };
}
