using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry.Uploads;

/// <summary>Files that somebody is about to make a version of. It refers to its blobs from the start, so that they stay while it lives.</summary>
internal sealed class Upload
{
    public Guid Id { get; init; }

    public Guid ProjectId { get; init; }

    /// <summary>Only who started it can see it.</summary>
    public Guid CreatedById { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    public List<UploadedFile> Files { get; init; } = [];
}

internal sealed class UploadedFile
{
    public Guid UploadId { get; set; }

    public required string Path { get; set; }

    public long SizeBytes { get; set; }

    public required string Sha256 { get; set; }
}

internal sealed class UploadTable : IEntityTypeConfiguration<Upload>
{
    public void Configure(EntityTypeBuilder<Upload> builder)
    {
        builder.ToTable("Uploads").HasKey(u => u.Id);
        builder.Property(u => u.Id).ValueGeneratedNever();
        builder.HasIndex(u => u.ExpiresAt);
        builder.HasMany(u => u.Files).WithOne().HasForeignKey(f => f.UploadId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class UploadedFileTable : IEntityTypeConfiguration<UploadedFile>
{
    public void Configure(EntityTypeBuilder<UploadedFile> builder)
    {
        builder.ToTable("UploadFiles").HasKey(f => new { f.UploadId, f.Path });
        builder.Property(f => f.Path).HasMaxLength(ArtifactPath.MaxLength);
        builder.Property(f => f.Sha256).HasMaxLength(64);
        builder.HasIndex(f => f.Sha256);
    }
}
