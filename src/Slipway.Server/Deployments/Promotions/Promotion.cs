using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Identity;

namespace Slipway.Server.Deployments.Promotions;

internal enum PromotionKind
{
    Promoted,
    Rejected,
}

/// <summary>Where a promotion stands.</summary>
internal enum PromotionOutcome
{
    /// <summary>Its rollout has not succeeded yet; when it does, the source is cleaned up.</summary>
    Pending,
    Done,

    /// <summary>Something else went to the target, or the source has moved on: nothing is cleaned up any more.</summary>
    Superseded,
}

/// <summary>One line of the ledger of promotions and rejections.</summary>
internal sealed class Promotion
{
    public const int LongestComment = 5000;

    public Guid Id { get; init; }

    public PromotionKind Kind { get; init; }

    public Guid SourceId { get; init; }

    public Guid SourceRevisionId { get; init; }

    public int SourceRevision { get; init; }

    /// <summary>Name of its environment, as it was.</summary>
    public required string From { get; init; }

    public Guid TargetId { get; init; }

    /// <summary>Null: a rejection brought no revision.</summary>
    public Guid? TargetRevisionId { get; init; }

    public int? TargetRevision { get; init; }

    public required string To { get; init; }

    public required string Name { get; init; }

    /// <summary>What becomes of the source once the rollout has succeeded.</summary>
    public Cleanup SourceAfterPromotion { get; init; }

    public PromotionOutcome Outcome { get; set; }

    public string? Comment { get; init; }

    public Guid ById { get; init; }

    public required string By { get; init; }

    public DateTimeOffset At { get; init; }
}

/// <summary>Where a promotion comes from.</summary>
/// <param name="From">Name of the source's environment.</param>
internal sealed record PromotionOrigin(Guid SourceId, Guid SourceRevisionId, int SourceRevision, string From, string? Comment)
{
    /// <summary>The line of the ledger, once its rollout begins.</summary>
    /// <param name="target">With its environment.</param>
    public Promotion ToPromotion(Deployment target, Revision revision, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Kind = PromotionKind.Promoted, SourceId = SourceId, SourceRevisionId = SourceRevisionId, SourceRevision = SourceRevision, From = From,
        TargetId = target.Id, TargetRevisionId = revision.Id, TargetRevision = revision.Number, To = target.Environment.Name, Name = target.Name,
        SourceAfterPromotion = target.Environment.Promotion.SourceAfterPromotion, Outcome = PromotionOutcome.Pending, Comment = Comment, ById = by.UserId, By = by.Name, At = now,
    };
}

internal sealed class PromotionTable : IEntityTypeConfiguration<Promotion>
{
    public void Configure(EntityTypeBuilder<Promotion> builder)
    {
        builder.ToTable("Promotions").HasKey(p => p.Id);
        builder.Property(p => p.Id).ValueGeneratedNever();
        builder.Property(p => p.Kind).HasConversion<string>();
        builder.Property(p => p.SourceAfterPromotion).HasConversion<string>();
        builder.Property(p => p.Outcome).HasConversion<string>();
        builder.Property(p => p.Comment).HasMaxLength(Promotion.LongestComment);
        builder.HasIndex(p => p.SourceId);
        builder.HasIndex(p => p.TargetId);
        builder.HasIndex(p => p.Outcome);
    }
}
