using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Rollouts;

internal sealed class RolloutTable : IEntityTypeConfiguration<Rollout>
{
    public void Configure(EntityTypeBuilder<Rollout> builder)
    {
        builder.ToTable("Rollouts").HasKey(r => r.Id);
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.Property(r => r.Strategy).HasConversion<string>();
        builder.Property(r => r.Status).HasConversion<string>();
        builder.Ignore(r => r.Percent);
        builder.HasMany(r => r.Steps).WithOne().HasForeignKey(s => s.RolloutId).OnDelete(DeleteBehavior.Cascade);

        // At most one rollout of a deployment is under way; the database holds us to it.
        builder.HasIndex(r => r.DeploymentId).IsUnique().HasFilter("finished_at IS NULL").HasDatabaseName("ux_rollouts_one_under_way");
        builder.HasIndex(r => new { r.DeploymentId, r.StartedAt });
    }
}

internal sealed class RolloutStepTable : IEntityTypeConfiguration<RolloutStep>
{
    public void Configure(EntityTypeBuilder<RolloutStep> builder)
    {
        builder.ToTable("RolloutSteps").HasKey(s => s.Id);
        builder.Property(s => s.Id).ValueGeneratedNever();
        builder.Property(s => s.Status).HasConversion<string>();
        builder.HasIndex(s => new { s.RolloutId, s.Number }).IsUnique();
    }
}
