using Slipway.Server.Identity;

namespace Slipway.Server.Deployments.Promotions;

/// <summary>What goes along from one environment to another.</summary>
internal static class CarryOver
{
    /// <summary>A same-named deployment in another environment: owner, words and behaviour of the source, bounds of the environment, and its autoscaling where it has any.</summary>
    public static Deployment NewDeployment(Deployment source, DeploymentEnvironment home, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), ProjectId = home.ProjectId, EnvironmentId = home.Id, Environment = home, Name = source.Name, Kind = source.Kind, OwnerId = source.OwnerId,
        Owner = source.Owner, Title = source.Title, Description = source.Description, MinReplicas = home.MinReplicas ?? 1,
        MaxReplicas = home.MaxReplicas ?? Math.Max(1, home.MinReplicas ?? 1), Scaling = home.Scaling is { } own ? own with { Variants = source.Scaling.Variants } : source.Scaling, LoadBalancing = source.LoadBalancing, Balancer = source.Balancer,
        Health = source.Health, Timeout = source.Timeout, Idempotent = source.Idempotent, State = RunState.Running, Labels = new Dictionary<string, string>(source.Labels), CreatedAt = now,
    };

    /// <summary>The same content as a new revision of the target. A name that somebody chose goes along, a numbered one does not.</summary>
    public static Revision AddRevision(Deployment target, Revision source, Actor by, DateTimeOffset now) => target.Add(
        RevisionContent.Of(source).ToRevision(source.Name == $"deployment-{source.Number}" ? null : source.Name, source.Labels, by, now), now);
}
