using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Artifacts;
using Slipway.Server.Registry;

namespace Slipway.Server.Packages.Drafts;

/// <summary>The files of a package that has no number, because it is still edited. Immutable: each patch makes another one.</summary>
internal sealed class PackageDraft
{
    public Guid Id { get; init; }

    /// <summary>The deployment whose draft it is.</summary>
    public Guid OwnerId { get; init; }

    /// <summary>Over paths and contents, as a version's.</summary>
    public required string Digest { get; init; }

    /// <summary>What the runner loads, see <see cref="Runtimes.RuntimeLaunch.Model"/>.</summary>
    public required string Model { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public List<PackageDraftFile> Files { get; init; } = [];

    public DraftContent Content => new(
        Digest, [.. Files.Select(f => new SourceFile(f.Path, f.SizeBytes, f.Sha256)).OrderBy(f => f.Path, StringComparer.Ordinal)], JsonElement.Parse(Model));
}

internal sealed class PackageDraftFile
{
    public Guid DraftId { get; set; }

    public required string Path { get; set; }

    public long SizeBytes { get; set; }

    public required string Sha256 { get; set; }
}

/// <summary>What a draft consists of.</summary>
/// <param name="Files">In the order of their paths.</param>
internal sealed record DraftContent(string Digest, IReadOnlyList<SourceFile> Files, JsonElement Model);

internal sealed class PackageDraftTable : IEntityTypeConfiguration<PackageDraft>
{
    public void Configure(EntityTypeBuilder<PackageDraft> builder)
    {
        builder.ToTable("PackageDrafts").HasKey(d => d.Id);
        builder.Property(d => d.Id).ValueGeneratedNever();
        builder.Property(d => d.Digest).HasMaxLength(64);
        builder.HasIndex(d => new { d.OwnerId, d.Digest }).IsUnique();
        builder.HasIndex(d => d.Digest);
        builder.Ignore(d => d.Content);
        builder.HasMany(d => d.Files).WithOne().HasForeignKey(f => f.DraftId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class PackageDraftFileTable : IEntityTypeConfiguration<PackageDraftFile>
{
    public void Configure(EntityTypeBuilder<PackageDraftFile> builder)
    {
        builder.ToTable("PackageDraftFiles").HasKey(f => new { f.DraftId, f.Path });
        builder.Property(f => f.Path).HasMaxLength(ArtifactPath.MaxLength);
        builder.Property(f => f.Sha256).HasMaxLength(64);
        builder.HasIndex(f => f.Sha256);
    }
}
