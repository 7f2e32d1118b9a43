using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Registry;

/// <summary>A movable name for one version, <c>model@alias</c>. Names are told apart by case.</summary>
internal sealed partial class ModelAlias
{
    public Guid ModelId { get; init; }

    public required string Name { get; init; }

    public Guid VersionId { get; set; }

    public DateTimeOffset MovedAt { get; set; }

    public required string MovedBy { get; set; }

    /// <summary>1 to 255 ASCII letters, digits, underscores and hyphens; not <c>latest</c>, and nothing that names a version by its number.</summary>
    public static bool IsName(string name) =>
        Rule().IsMatch(name) && !string.Equals(name, "latest", StringComparison.OrdinalIgnoreCase) && !VersionRef.LooksLikeNumber(name);

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,255}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Rule();
}

/// <summary>A key with a value on a version, such as <c>validated_by: ml-team</c>.</summary>
internal sealed class VersionTag
{
    public const int LongestKey = 250;
    public const int LongestValue = 5000;
    public const int Most = 100;

    public Guid VersionId { get; init; }

    public required string Key { get; init; }

    public required string Value { get; set; }
}

internal sealed class ModelAliasTable : IEntityTypeConfiguration<ModelAlias>
{
    public void Configure(EntityTypeBuilder<ModelAlias> builder)
    {
        builder.ToTable("ModelAliases").HasKey(a => new { a.ModelId, a.Name });
        builder.Property(a => a.Name).HasMaxLength(255);
        builder.HasOne<ModelVersion>().WithMany(v => v.Aliases).HasForeignKey(a => a.VersionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<RegisteredModel>().WithMany().HasForeignKey(a => a.ModelId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class VersionTagTable : IEntityTypeConfiguration<VersionTag>
{
    public void Configure(EntityTypeBuilder<VersionTag> builder)
    {
        builder.ToTable("VersionTags").HasKey(t => new { t.VersionId, t.Key });
        builder.Property(t => t.Key).HasMaxLength(VersionTag.LongestKey);
        builder.HasOne<ModelVersion>().WithMany(v => v.Tags).HasForeignKey(t => t.VersionId).OnDelete(DeleteBehavior.Cascade);
    }
}
