using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Identity;

/// <summary>A person or program that may act. Never really deleted: what they own, and the trail, keep pointing here.</summary>
internal sealed class User
{
    public Guid Id { get; set; }

    /// <summary>Lower case, unique, never given to somebody else.</summary>
    public required string Name { get; set; }

    public Role Role { get; set; }

    public string? Email { get; set; }

    /// <summary>See <see cref="Passwords"/>; null: signs in by links only.</summary>
    public string? PasswordHash { get; set; }

    public bool Disabled { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? LastSignInAt { get; set; }

    public DateTimeOffset? DeletedAt { get; set; }

    public bool MayAct => !Disabled && DeletedAt is null;

    public Contracts.UserInfo ToInfo() => new(Name, Role.WireName(), Email, PasswordHash is not null, Disabled, CreatedAt, LastSignInAt);
}

internal sealed class UserTable : IEntityTypeConfiguration<User>
{
    public void Configure(EntityTypeBuilder<User> builder)
    {
        builder.ToTable("Users").HasKey(u => u.Id);
        builder.HasIndex(u => u.Name).IsUnique();
        builder.Property(u => u.Role).HasConversion<string>();
        builder.Ignore(u => u.MayAct);
    }
}
