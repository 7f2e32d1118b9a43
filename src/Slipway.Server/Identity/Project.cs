using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Identity;

/// <summary>What groups named things. There is one so far; every named thing has its id from the first migration on.</summary>
internal sealed class Project
{
    /// <summary>The project <c>default</c>, the same in every installation.</summary>
    public static readonly Guid Default = new("01900000-0000-7000-8000-000000000001");

    public const string DefaultName = "default";

    /// <summary>The header by which clients of several projects say which one they mean, by name or id.</summary>
    public const string Header = "X-Project-ID";

    /// <summary>Whether what the header says is a project that there is; none said means the default one.</summary>
    public static bool Exists(string said) => said.Length == 0 || said == DefaultName || (Guid.TryParse(said, out var id) && id == Default);

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
