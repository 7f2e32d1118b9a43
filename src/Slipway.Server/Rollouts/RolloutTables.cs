using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Slipway.Server.Rollouts;

internal sealed class RolloutTable : IEntityTypeConfiguration<Rollout>
{
    public void Configure(EntityTypeBuilder<Rollout> builder)
    {
        builder.ToTable("Rollouts").HasKey(r => r.Id);
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.Property(r => r.Strategy).HasConversion<string>();
        builder.Property(r => r.Status).HasConversion<string>();
        builder.Property(r => r.PausedIn).HasConversion<string>();
        builder.Property(r => r.PausedReason).HasConversion<string>();
        builder.Ignore(r => r.Percent).Ignore(r => r.Possible);

        // Rows from before there were shares and windows.
        builder.Property(r => r.FromShare).HasComment("In 1/10,000");
        builder.Property(r => r.ToShare).HasDefaultValue(0);
        builder.Property(r => r.Window).HasDefaultValue(0);
        builder.Property(r => r.WindowAt).HasDefaultValue(DateTimeOffset.UnixEpoch);
        builder.Property(r => r.Forced).HasDefaultValue(false);
        builder.HasMany(r => r.Steps).WithOne().HasForeignKey(s => s.RolloutId).OnDelete(DeleteBehavior.Cascade);
        builder.HasMany<RolloutWindow>().WithOne().HasForeignKey(w => w.RolloutId).OnDelete(DeleteBehavior.Cascade);

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
        builder.Property(s => s.FromShare).HasComment("In 1/10,000");
        builder.Property(s => s.ToShare).HasDefaultValue(0);
        builder.HasIndex(s => new { s.RolloutId, s.Number }).IsUnique();
    }
}

internal sealed class RolloutWindowTable : IEntityTypeConfiguration<RolloutWindow>
{
    public void Configure(EntityTypeBuilder<RolloutWindow> builder)
    {
        builder.ToTable("RolloutWindows").HasKey(w => w.Id);
        builder.Property(w => w.Id).ValueGeneratedNever();
        builder.Property(w => w.Candidate).HasConversion<SideCountsConverter, SideCountsComparer>();
        builder.Property(w => w.Previous).HasConversion<SideCountsConverter, SideCountsComparer>();
        builder.HasIndex(w => new { w.RolloutId, w.Number }).IsUnique();
    }
}

internal sealed class SideCountsConverter() : ValueConverter<SideCounts, string>(counts => SideCountsText.Write(counts), text => SideCountsText.Read(text));

/// <summary>Counts only grow, so equal numbers are equal counts.</summary>
internal sealed class SideCountsComparer() : ValueComparer<SideCounts>(
    (left, right) => left!.Requests == right!.Requests && left.Failures == right.Failures, counts => counts.Requests.GetHashCode());
