namespace Slipway.Server.Rollouts;

/// <summary>One line of the ledger of a rollout; never changed.</summary>
internal sealed class RolloutStep
{
    public Guid Id { get; set; }

    public Guid RolloutId { get; set; }

    /// <summary>1, 2, … within the rollout.</summary>
    public int Number { get; set; }

    public RolloutStatus Status { get; set; }

    /// <summary>A sentence for a person.</summary>
    public required string What { get; set; }

    public int Weight { get; set; }

    public int? FromShare { get; set; }

    public int ToShare { get; set; }

    /// <summary>Name of the person who did it; null: the rollout itself.</summary>
    public string? By { get; set; }

    /// <summary>What it was decided on, as JSON of <see cref="Contracts.RolloutEvidenceInfo"/>; null: on no evidence.</summary>
    public string? Evidence { get; set; }

    public DateTimeOffset At { get; set; }
}
