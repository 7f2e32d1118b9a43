using System.Text.Json.Serialization;
using Slipway.Server.Deployments.Following;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

internal enum DeploymentKind
{
    Model,
    Prompt,
}

/// <summary>What a deployment serves.</summary>
internal enum DeploymentMode
{
    /// <summary>Versions alone.</summary>
    Standard,

    /// <summary>In development: one replica with a draft that is patched while it runs, see <see cref="Drafts.LiveDraft"/>.</summary>
    Live,
}

/// <summary>What a person wants: a deployment runs until somebody stops it.</summary>
internal enum RunState
{
    Running,
    Stopped,
}

/// <summary>A stable named endpoint in an environment, unique by (environment, name). Which revision answers is <see cref="LiveRevisionId"/> and, while one is under way, its rollout.</summary>
internal sealed class Deployment
{
    public Guid Id { get; set; }

    public Guid ProjectId { get; set; }

    public Guid EnvironmentId { get; set; }

    [JsonIgnore]
    public DeploymentEnvironment Environment { get; set; } = null!;

    public required string Name { get; set; }

    public DeploymentKind Kind { get; set; }

    /// <summary>Never changes.</summary>
    public DeploymentMode Mode { get; init; }

    public Guid OwnerId { get; set; }

    /// <summary>User name of the owner; user names never change.</summary>
    public required string Owner { get; set; }

    public string? Title { get; set; }

    public string? Description { get; set; }

    /// <summary>0 or more; 0 lets an idle deployment go to zero.</summary>
    public int MinReplicas { get; set; }

    public int MaxReplicas { get; set; }

    /// <summary>What the number of replicas follows.</summary>
    public ScalingSettings Scaling { get; set; } = ScalingSettings.Default;

    /// <summary>Replicas asked for by hand; null: the minimum, and at least 1. Clamped into min..max where it is used, so that a change of bounds needs no second one here.</summary>
    public int? ScaledTo { get; set; }

    public LoadBalancing LoadBalancing { get; set; }

    /// <summary>How its updates are rolled out where they do not say; null: as the environment's promotions are.</summary>
    public PromotionStrategy? Strategy { get; set; }

    /// <summary>How its replicas are watched.</summary>
    public HealthSettings Health { get; set; } = HealthSettings.Default;

    public BalancerSettings Balancer { get; set; } = BalancerSettings.Default;

    /// <summary>Default and longest deadline of a request.</summary>
    public TimeSpan Timeout { get; set; }

    public bool Idempotent { get; set; }

    /// <summary>The movable name by which its version was chosen; null: it was chosen by number.</summary>
    public FollowedName? Following { get; set; }

    public Dictionary<string, string> Labels { get; set; } = [];

    public RunState State { get; set; }

    /// <summary>Null before the first rollout has succeeded.</summary>
    public Guid? LiveRevisionId { get; set; }

    /// <summary>Number of the newest revision; the next one is one more.</summary>
    public int LastRevision { get; set; }

    /// <summary>Rises with every change by a person; checked on save and by If-Match.</summary>
    public long Edit { get; set; }

    /// <summary>The status that was last recorded in the ledger of statuses, and since when.</summary>
    public StatusWord? Status { get; set; }

    public DateTimeOffset? StatusAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Set: the deployment is gone for everybody. The row stays, because history and ledger name it; its name is free again.</summary>
    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>Path below <c>/api/v1</c>.</summary>
    public string Resource => $"deployments/{Path}";

    /// <summary><c>environment/name</c>.</summary>
    public string Path => $"{Environment.Name}/{Name}";

    /// <summary>Sets how many replicas should run, inside the bounds.</summary>
    public Refusal? ScaleTo(int replicas, DateTimeOffset now)
    {
        if (State == RunState.Stopped)
        {
            return DeploymentRefusals.Stopped(this, "scaled");
        }

        if (Scaling.Enabled)
        {
            return DeploymentRefusals.Autoscaled(this);
        }

        if (replicas < MinReplicas || replicas > MaxReplicas)
        {
            return DeploymentRefusals.OutOfBounds(replicas, MinReplicas, MaxReplicas);
        }

        // Zero is no number to come back to: who wakes it finds the one before.
        ScaledTo = replicas == 0 ? ScaledTo : replicas;
        Edited(now);
        return null;
    }

    public void Stop(DateTimeOffset now)
    {
        State = RunState.Stopped;
        Edited(now);
    }

    public void Start(DateTimeOffset now)
    {
        State = RunState.Running;
        Edited(now);
    }

    public Refusal? Delete(DateTimeOffset now)
    {
        if (Environment.Protected && State != RunState.Stopped)
        {
            return DeploymentRefusals.StopFirst(this);
        }

        State = RunState.Stopped;
        DeletedAt = now;
        Edited(now);
        return null;
    }

    /// <summary>Adds the next revision; numbers are never used again.</summary>
    public Revision Add(Revision revision, DateTimeOffset now)
    {
        revision.DeploymentId = Id;
        revision.Number = ++LastRevision;
        revision.Name ??= $"deployment-{revision.Number}";
        revision.CreatedAt = now;
        Edited(now);
        return revision;
    }

    public void Edited(DateTimeOffset now)
    {
        Edit++;
        UpdatedAt = now;
    }
}
