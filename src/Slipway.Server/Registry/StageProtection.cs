using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Registry;

/// <summary>The rule that versions come into a stage and leave it by approval only.</summary>
/// <remarks>Belongs to a model's name and outlives the model: deleting it and registering it again does not shake the rule off.</remarks>
internal sealed class StageProtection
{
    /// <summary>In place of a model's name: every model without a rule of its own for the stage.</summary>
    public const string EveryModel = "";

    public const int MostReviewers = 50;

    public Guid Id { get; init; }

    public Guid ProjectId { get; init; }

    public required string Model { get; init; }

    public Stage Stage { get; init; }

    public required string UpdatedBy { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public List<StageReviewer> Reviewers { get; init; } = [];

    public IReadOnlyCollection<Guid> ReviewerIds => Reviewers.ConvertAll(r => r.UserId);
}

/// <summary>Somebody who may approve changes of a protected stage.</summary>
internal sealed class StageReviewer
{
    public Guid ProtectionId { get; init; }

    public Guid UserId { get; init; }
}

internal sealed class StageProtectionTable : IEntityTypeConfiguration<StageProtection>
{
    public void Configure(EntityTypeBuilder<StageProtection> builder)
    {
        builder.ToTable("StageProtections").HasKey(p => p.Id);
        builder.Property(p => p.Id).ValueGeneratedNever();
        builder.Property(p => p.Model).HasMaxLength(128);
        builder.Property(p => p.Stage).HasConversion<string>().HasMaxLength(16);
        builder.Ignore(p => p.ReviewerIds);
        builder.HasIndex(p => new { p.ProjectId, p.Model, p.Stage }).IsUnique();
        builder.HasMany(p => p.Reviewers).WithOne().HasForeignKey(r => r.ProtectionId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class StageReviewerTable : IEntityTypeConfiguration<StageReviewer>
{
    public void Configure(EntityTypeBuilder<StageReviewer> builder) => builder.ToTable("StageReviewers").HasKey(r => new { r.ProtectionId, r.UserId });
}
