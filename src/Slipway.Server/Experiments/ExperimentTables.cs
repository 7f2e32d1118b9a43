using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Experiments;

internal sealed class ExperimentTable : IEntityTypeConfiguration<Experiment>
{
    public void Configure(EntityTypeBuilder<Experiment> builder)
    {
        builder.ToTable("Experiments").HasKey(e => e.Id);
        builder.Property(e => e.Id).ValueGeneratedOnAdd();
        builder.Property(e => e.Name).HasMaxLength(Experiment.LongestName);
        builder.Property(e => e.Status).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(e => new { e.ProjectId, e.Name }).IsUnique();
        builder.HasMany(e => e.Tags).WithOne().HasForeignKey(t => t.ExperimentId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class ExperimentTagTable : IEntityTypeConfiguration<ExperimentTag>
{
    public void Configure(EntityTypeBuilder<ExperimentTag> builder)
    {
        builder.ToTable("ExperimentTags").HasKey(t => new { t.ExperimentId, t.Key });
        builder.Property(t => t.Key).HasMaxLength(RunKey.Longest);
        builder.HasIndex(t => t.Key);
    }
}

internal sealed class RunTable : IEntityTypeConfiguration<Run>
{
    public void Configure(EntityTypeBuilder<Run> builder)
    {
        builder.ToTable("Runs").HasKey(r => r.Number);
        builder.Property(r => r.Number).ValueGeneratedOnAdd();
        builder.Property(r => r.Id).HasMaxLength(32);
        builder.Property(r => r.Status).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(r => r.Id).IsUnique();
        builder.HasIndex(r => new { r.ExperimentId, r.StartedAt });
        builder.HasIndex(r => new { r.ExperimentId, r.EndedAt });
        builder.HasIndex(r => r.ParentNumber);
        builder.HasIndex(r => new { r.Status, r.HeartbeatAt });
        builder.HasOne<Experiment>().WithMany().HasForeignKey(r => r.ExperimentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Run>().WithMany().HasForeignKey(r => r.ParentNumber).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class RunKeyTable : IEntityTypeConfiguration<RunKey>
{
    public void Configure(EntityTypeBuilder<RunKey> builder)
    {
        builder.ToTable("RunKeys").HasKey(k => k.Id);
        builder.Property(k => k.Id).ValueGeneratedOnAdd();
        builder.Property(k => k.Name).HasMaxLength(RunKey.Longest);
        builder.HasIndex(k => k.Name).IsUnique();
    }
}

// Each of the next three has two orders: by run, to show one run, and by (experiment, key), to search: all runs of an experiment lie side by side for one
// key, with the value in the index, so that a condition or an order reads a few hundred pages however many keys the runs have.
internal sealed class RunParameterTable : IEntityTypeConfiguration<RunParameter>
{
    public void Configure(EntityTypeBuilder<RunParameter> builder)
    {
        builder.ToTable("RunParameters").HasKey(p => new { p.RunNumber, p.KeyId });
        builder.HasIndex(p => new { p.ExperimentId, p.KeyId, p.RunNumber, p.ValueStart });
        builder.HasOne<Run>().WithMany().HasForeignKey(p => p.RunNumber).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RunTagTable : IEntityTypeConfiguration<RunTag>
{
    public void Configure(EntityTypeBuilder<RunTag> builder)
    {
        builder.ToTable("RunTags").HasKey(t => new { t.RunNumber, t.KeyId });
        builder.HasIndex(t => new { t.ExperimentId, t.KeyId, t.RunNumber, t.ValueStart });
        builder.HasOne<Run>().WithMany().HasForeignKey(t => t.RunNumber).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RunMetricTable : IEntityTypeConfiguration<RunMetric>
{
    public void Configure(EntityTypeBuilder<RunMetric> builder)
    {
        builder.ToTable("RunMetrics").HasKey(m => new { m.RunNumber, m.KeyId });
        builder.HasIndex(m => new { m.ExperimentId, m.KeyId, m.RunNumber, m.Value });
        builder.HasOne<Run>().WithMany().HasForeignKey(m => m.RunNumber).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RunMetricPointTable : IEntityTypeConfiguration<RunMetricPoint>
{
    public void Configure(EntityTypeBuilder<RunMetricPoint> builder) =>
        builder.ToTable("RunMetricPoints").HasKey(p => new { p.RunNumber, p.KeyId, p.Step, p.Timestamp, p.Value });
}

internal sealed class RunMetricBatchTable : IEntityTypeConfiguration<RunMetricBatch>
{
    public void Configure(EntityTypeBuilder<RunMetricBatch> builder)
    {
        builder.ToTable("RunMetricBatches").HasKey(b => b.Id);
        builder.Property(b => b.Id).ValueGeneratedOnAdd();
        builder.HasIndex(b => new { b.RunNumber, b.FirstStep, b.Id });
        builder.HasOne<Run>().WithMany().HasForeignKey(b => b.RunNumber).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RunDataSetTable : IEntityTypeConfiguration<RunDataSet>
{
    public void Configure(EntityTypeBuilder<RunDataSet> builder)
    {
        builder.ToTable("RunDataSets").HasKey(d => new { d.RunNumber, d.Name });
        builder.Property(d => d.Name).HasMaxLength(250);
        builder.HasOne<Run>().WithMany().HasForeignKey(d => d.RunNumber).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RunArtifactTable : IEntityTypeConfiguration<RunArtifact>
{
    public void Configure(EntityTypeBuilder<RunArtifact> builder)
    {
        builder.ToTable("RunArtifacts").HasKey(a => new { a.RunNumber, a.Path });
        builder.Property(a => a.Path).HasMaxLength(ArtifactPath.MaxLength);
        builder.Property(a => a.Sha256).HasMaxLength(64);
        builder.HasIndex(a => a.Sha256);
        builder.HasOne<Run>().WithMany().HasForeignKey(a => a.RunNumber).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Blob>().WithMany().HasForeignKey(a => a.Sha256).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class RunAlertTable : IEntityTypeConfiguration<RunAlert>
{
    public void Configure(EntityTypeBuilder<RunAlert> builder)
    {
        builder.ToTable("RunAlerts").HasKey(a => a.Id);
        builder.Property(a => a.Id).ValueGeneratedNever();
        builder.Property(a => a.Comparison).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(a => new { a.RunNumber, a.KeyId });
        builder.HasOne<Run>().WithMany().HasForeignKey(a => a.RunNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
