using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Identity;

/// <summary>What groups named things. There is one so far; every named thing has its id from the first migration on.</summary>
internal sealed class Project
{
    /// <summary>The project <c>default</c>, the same in every installation.</summary>
    public static readonly Guid Default = new("01900000-0000-7000-8000-000000000001");

    public Guid Id { get; set; }

    public required string Name { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class ProjectTable : IEntityTypeConfiguration<Project>
{
    public void Configure(EntityTypeBuilder<Project> builder)
    {
        builder.ToTable("Projects").HasKey(p => p.Id);
        builder.HasIndex(p => p.Name).IsUnique();
    }
}
