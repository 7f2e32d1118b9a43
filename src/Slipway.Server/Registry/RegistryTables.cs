using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry;

internal sealed class RegisteredModelTable : IEntityTypeConfiguration<RegisteredModel>
{
    public void Configure(EntityTypeBuilder<RegisteredModel> builder)
    {
        builder.ToTable("Models").HasKey(m => m.Id);
        builder.Property(m => m.Id).ValueGeneratedNever();
        builder.Property(m => m.Name).HasMaxLength(128);
        builder.HasIndex(m => new { m.ProjectId, m.Name }).IsUnique();
        builder.HasMany(m => m.Tags).WithOne().HasForeignKey(t => t.ModelId).OnDelete(DeleteBehavior.Cascade);
        builder.Property(m => m.LastNumber).IsConcurrencyToken();
    }
}

internal sealed class ModelTagTable : IEntityTypeConfiguration<ModelTag>
{
    public void Configure(EntityTypeBuilder<ModelTag> builder)
    {
        builder.ToTable("ModelTags").HasKey(t => new { t.ModelId, t.Tag });
        builder.HasIndex(t => t.Tag);
    }
}

internal sealed class ModelVersionTable : IEntityTypeConfiguration<ModelVersion>
{
    public void Configure(EntityTypeBuilder<ModelVersion> builder)
    {
        builder.ToTable("ModelVersions").HasKey(v => v.Id);
        builder.Property(v => v.Id).ValueGeneratedNever();
        builder.Property(v => v.Stage).HasConversion<string>().HasMaxLength(16);
        builder.Property(v => v.Status).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(v => new { v.ModelId, v.Number }).IsUnique();
        builder.HasIndex(v => new { v.ModelId, v.Label }).IsUnique();
        builder.HasIndex(v => new { v.ModelId, v.Stage, v.Number });   // what is in Production: asked for every row of the list of models
        builder.Property(v => v.SourceRunId).HasMaxLength(32);
        builder.HasIndex(v => v.SourceRunId);
        builder.HasIndex(v => v.Digest);
        builder.HasOne<RegisteredModel>().WithMany().HasForeignKey(v => v.ModelId).OnDelete(DeleteBehavior.Cascade);
        builder.HasMany(v => v.Files).WithOne().HasForeignKey(f => f.VersionId).OnDelete(DeleteBehavior.Cascade);
        builder.ComplexProperty(v => v.Package, package =>
        {
            package.Property(p => p.Detected).HasColumnName("detected");
            package.Property(p => p.Runtime).HasColumnName("runtime");
            package.Property(p => p.Runnable).HasColumnName("runnable");
            package.Property(p => p.NotRunnableReason).HasColumnName("not_runnable_reason");
            package.Property(p => p.Warnings).HasColumnName("warnings");
            package.Property(p => p.Requirements).HasColumnName("requirements");
            package.Property(p => p.ConfigText).HasColumnName("config_text");
            package.Property(p => p.ConfigJson).HasColumnName("config_json");
            package.Property(p => p.ExampleInput).HasColumnName("example_input");
            package.Property(p => p.SignatureJson).HasColumnName("signature");
            package.Property(p => p.RunnerJson).HasColumnName("runner_json");
        });
    }
}

internal sealed class VersionFileTable : IEntityTypeConfiguration<VersionFile>
{
    public void Configure(EntityTypeBuilder<VersionFile> builder)
    {
        builder.ToTable("VersionFiles").HasKey(f => new { f.VersionId, f.Path });
        builder.Property(f => f.Path).HasMaxLength(ArtifactPath.MaxLength);
        builder.HasIndex(f => f.Sha256);
        builder.HasOne<Blob>().WithMany().HasForeignKey(f => f.Sha256).OnDelete(DeleteBehavior.Restrict);
    }
}
