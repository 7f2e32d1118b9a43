using Slipway.Server.Identity;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments;

/// <summary>Where deployments live. <c>development</c>, <c>staging</c> and <c>production</c> are there from the start, in this order; others can be added between and after them.</summary>
internal sealed class DeploymentEnvironment
{
    public const string Development = "development";
    public const string Staging = "staging";
    public const string Production = "production";

    public Guid Id { get; set; }

    public Guid ProjectId { get; set; }

    /// <summary>Lower case; shares one name space with users, because both are the first segment of a predict route.</summary>
    public required string Name { get; set; }

    /// <summary>Position on the board and in promotion, from 0 without gaps.</summary>
    public int Order { get; set; }

    /// <summary>Whether what becomes live here passes the gate. Production always is.</summary>
    public bool Protected { get; set; }

    /// <summary>Whether what becomes live here is asked for and decided by one of <see cref="Reviewers"/>. Only where protected.</summary>
    public bool Approval { get; set; }

    /// <summary>Names of users, who may decide; names never change.</summary>
    public List<string> Reviewers { get; set; } = [];

    /// <summary>The stage that a model version must be in to become live here. Only where protected; null: any.</summary>
    public Stage? RequiresStage { get; set; }

    /// <summary>Bounds of a deployment here that does not say; null: 1.</summary>
    public int? MinReplicas { get; set; }

    public int? MaxReplicas { get; set; }

    /// <summary>What the number of replicas follows in a deployment here that does not say; null: set by hand, and what is promoted brings its own.</summary>
    public ScalingSettings? Scaling { get; set; }

    /// <summary>How promotions to here go.</summary>
    public PromotionSettings Promotion { get; set; } = PromotionSettings.Default;

    /// <summary>Rises with every change by a person; checked on save and by If-Match.</summary>
    public long Edit { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? UpdatedAt { get; set; }

    /// <summary>Set: gone for everybody. The row stays, because deployments that were deleted before it name it.</summary>
    public DateTimeOffset? DeletedAt { get; set; }

    public bool IsBuiltIn => ScopeNames.BuiltInEnvironments.Contains(Name);

    /// <summary>Path below <c>/api/v1</c>.</summary>
    public string Resource => $"environments/{Name}";

    public void Edited(DateTimeOffset now)
    {
        Edit++;
        UpdatedAt = now;
    }
}
