using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Schedules;

internal sealed class ScheduleTable : IEntityTypeConfiguration<Schedule>
{
    public void Configure(EntityTypeBuilder<Schedule> builder)
    {
        builder.ToTable("Schedules").HasKey(s => s.Id);
        builder.Property(s => s.Id).ValueGeneratedNever();
        builder.Property(s => s.Name).HasMaxLength(128);
        builder.Property(s => s.Status).HasConversion<string>().HasMaxLength(16);
        builder.Property(s => s.Grace).HasConversion<long>();
        builder.Property(s => s.Timeout).HasConversion<long>();
        builder.HasIndex(s => new { s.ProjectId, s.Name }).IsUnique();
        builder.HasIndex(s => s.NextDueAt);
        builder.Ignore(s => s.When);
        builder.Ignore(s => s.Settings);
        builder.Ignore(s => s.Resource);
    }
}

internal sealed class ExecutionTable : IEntityTypeConfiguration<Execution>
{
    public void Configure(EntityTypeBuilder<Execution> builder)
    {
        builder.ToTable("ScheduleExecutions").HasKey(e => e.Id);
        builder.Property(e => e.Id).ValueGeneratedNever();
        builder.Property(e => e.Status).HasConversion<string>().HasMaxLength(16);
        builder.Property(e => e.Timeout).HasConversion<long>();
        builder.HasIndex(e => new { e.ScheduleId, e.Number }).IsUnique();
        builder.HasIndex(e => new { e.ScheduleId, e.DueAt }).IsUnique();   // the promise: one record a due time ("run now" has none, and NULLs differ)
        builder.HasIndex(e => e.FinishedAt);
        builder.Ignore(e => e.IsOpen);
        builder.HasOne<Schedule>().WithMany().HasForeignKey(e => e.ScheduleId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class JobPackageTable : IEntityTypeConfiguration<JobPackage>
{
    public void Configure(EntityTypeBuilder<JobPackage> builder)
    {
        builder.ToTable("JobPackages").HasKey(p => p.Id);
        builder.Property(p => p.Id).ValueGeneratedNever();
        builder.Property(p => p.Status).HasConversion<string>().HasMaxLength(16);
        builder.Property(p => p.VariablesJson).HasDefaultValue("{}");
        builder.HasIndex(p => p.ScheduleId);
        builder.HasIndex(p => p.Status);
        builder.HasMany(p => p.Files).WithOne().HasForeignKey(f => f.PackageId).OnDelete(DeleteBehavior.Cascade);
        builder.Ignore(p => p.Command);
        builder.Ignore(p => p.Requirements);
        builder.Ignore(p => p.Warnings);
    }
}

internal sealed class JobPackageFileTable : IEntityTypeConfiguration<JobPackageFile>
{
    public void Configure(EntityTypeBuilder<JobPackageFile> builder)
    {
        builder.ToTable("JobPackageFiles").HasKey(f => new { f.PackageId, f.Path });
        builder.Property(f => f.Path).HasMaxLength(ArtifactPath.MaxLength);
        builder.Property(f => f.Sha256).HasMaxLength(64);
        builder.HasIndex(f => f.Sha256);
        builder.HasOne<Blob>().WithMany().HasForeignKey(f => f.Sha256).OnDelete(DeleteBehavior.Restrict);
    }
}
