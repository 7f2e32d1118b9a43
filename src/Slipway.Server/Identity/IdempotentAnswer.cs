using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Identity;

/// <summary>A creating request that was carried out, kept for a day so that a repetition gets the same answer.</summary>
internal sealed class IdempotentAnswer
{
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    public Guid ActorId { get; set; }

    public required string Key { get; set; }

    /// <summary>Method and path.</summary>
    public required string Route { get; set; }

    /// <summary>Hex SHA-256 of the request's body.</summary>
    public required string BodyHash { get; set; }

    /// <summary>HTTP status; 0: carried out, and not answered yet or never.</summary>
    public int Status { get; set; }

    public string? ContentType { get; set; }

    public string? Location { get; set; }

    public required byte[] Answer { get; set; }

    /// <summary>What the request has made, as <see cref="IdempotentEffect"/> writes it; null: the answer was stored by itself.</summary>
    public string? Effect { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class IdempotentAnswerTable : IEntityTypeConfiguration<IdempotentAnswer>
{
    public void Configure(EntityTypeBuilder<IdempotentAnswer> builder)
    {
        builder.ToTable("IdempotentAnswers").HasKey(a => new { a.ActorId, a.Key });
        builder.HasIndex(a => a.CreatedAt);
    }
}
