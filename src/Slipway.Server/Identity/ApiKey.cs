using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Identity;

/// <summary>An API key. Its text is shown once; what is stored cannot be turned back into it.</summary>
internal sealed class ApiKey
{
    public Guid Id { get; set; }

    public Guid UserId { get; set; }

    public User User { get; set; } = null!;

    public required string Name { get; set; }

    /// <summary>The first characters, to recognise it.</summary>
    public required string Prefix { get; set; }

    /// <summary>Lower-case hex SHA-256 of the text: 256 random bits need no slow hash.</summary>
    public required string Hash { get; set; }

    /// <summary>Joined by commas; empty: no restriction.</summary>
    public required string Scopes { get; set; }

    public string? DefaultEnvironment { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Written in batches, see <see cref="KeyUseWriter"/>.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    public string[] ScopeList => Scopes.Split(',', StringSplitOptions.RemoveEmptyEntries);

    public static (string Text, ApiKey Key) Create(
        User user, string name, IReadOnlyList<string> scopes, string? defaultEnvironment, DateTimeOffset? expiresAt, DateTimeOffset now)
    {
        var text = Secret.NewKey();
        return (text, new ApiKey
        {
            Id = Guid.CreateVersion7(now), UserId = user.Id, Name = name, Prefix = text[..Secret.PrefixLength], Hash = Secret.Hash(text),
            Scopes = string.Join(',', scopes), DefaultEnvironment = defaultEnvironment, CreatedAt = now, ExpiresAt = expiresAt,
        });
    }

    public Contracts.KeyInfo ToInfo(string user, DateTimeOffset? lastUsed) => new(
        Id.ToString(), Name, Prefix, user, ScopeList, DefaultEnvironment, CreatedAt, ExpiresAt, lastUsed > LastUsedAt || LastUsedAt is null ? lastUsed : LastUsedAt,
        RevokedAt is not null);
}

internal sealed class ApiKeyTable : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> builder)
    {
        builder.ToTable("ApiKeys").HasKey(k => k.Id);
        builder.HasIndex(k => k.Hash).IsUnique();
        builder.HasOne(k => k.User).WithMany().HasForeignKey(k => k.UserId).OnDelete(DeleteBehavior.Restrict);
        builder.Ignore(k => k.ScopeList);
    }
}
