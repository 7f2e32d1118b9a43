using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Contracts;

namespace Slipway.Server.Registry;

/// <summary>A parameter of the source run, as it was when the version was made.</summary>
internal sealed class VersionParameter
{
    public Guid VersionId { get; init; }

    public required string Key { get; init; }

    public required string Value { get; init; }
}

/// <summary>A data set that the source run has used.</summary>
internal sealed class VersionDataset
{
    public Guid VersionId { get; init; }

    /// <summary>In the order in which the run has named them, from 0.</summary>
    public int Position { get; init; }

    public required string Name { get; init; }

    public string? Uri { get; init; }

    public string? Digest { get; init; }

    public string? Description { get; init; }

    public VersionDatasetInfo ToInfo() => new(Name, Uri, Digest, Description);
}

/// <summary>The version that another was fine-tuned from. It keeps its name when the parent is deleted.</summary>
internal sealed class VersionParent
{
    public Guid VersionId { get; init; }

    /// <summary>Null: deleted since.</summary>
    public Guid? ParentId { get; init; }

    public required string Model { get; init; }

    public int Number { get; init; }

    public VersionLinkInfo ToInfo() => new(Model, Number, ParentId is null);
}

internal sealed class VersionParameterTable : IEntityTypeConfiguration<VersionParameter>
{
    public void Configure(EntityTypeBuilder<VersionParameter> builder)
    {
        builder.ToTable("VersionParameters").HasKey(p => new { p.VersionId, p.Key });
        builder.Property(p => p.Key).HasMaxLength(VersionMetric.LongestKey);
        builder.HasOne<ModelVersion>().WithMany(v => v.Parameters).HasForeignKey(p => p.VersionId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class VersionDatasetTable : IEntityTypeConfiguration<VersionDataset>
{
    public void Configure(EntityTypeBuilder<VersionDataset> builder)
    {
        builder.ToTable("VersionDatasets").HasKey(d => new { d.VersionId, d.Position });
        builder.HasOne<ModelVersion>().WithMany(v => v.Datasets).HasForeignKey(d => d.VersionId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class VersionParentTable : IEntityTypeConfiguration<VersionParent>
{
    public void Configure(EntityTypeBuilder<VersionParent> builder)
    {
        builder.ToTable("VersionParents").HasKey(p => p.VersionId);
        builder.Property(p => p.VersionId).ValueGeneratedNever();
        builder.Property(p => p.Model).HasMaxLength(128);
        builder.HasIndex(p => p.ParentId);
        builder.HasOne<ModelVersion>().WithOne(v => v.Parent).HasForeignKey<VersionParent>(p => p.VersionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<ModelVersion>().WithMany().HasForeignKey(p => p.ParentId).OnDelete(DeleteBehavior.SetNull);
    }
}
