using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Contracts;
using Slipway.Server.Identity;

namespace Slipway.Server.Registry;

/// <summary>
/// One entry of a model's ledger of stages: never changed, and kept when its version is deleted. Together the entries tell which version was in which
/// stage at any time.
/// </summary>
internal sealed class Transition
{
    /// <summary>Rises along the ledger of one model.</summary>
    public long Sequence { get; init; }

    public Guid ModelId { get; init; }

    public int VersionNumber { get; init; }

    public Stage From { get; init; }

    /// <summary>Null: the version was deleted.</summary>
    public Stage? To { get; init; }

    /// <summary>Never earlier than the entry before it in the same model.</summary>
    public DateTimeOffset At { get; init; }

    public Guid ActorId { get; init; }

    public required string Actor { get; init; }

    public string? Note { get; init; }

    /// <summary>The approval that it needed; null: none.</summary>
    public Guid? ApprovalId { get; init; }

    /// <summary>Who approved it; null: it needed no approval.</summary>
    public Guid? ReviewerId { get; init; }

    public string? Reviewer { get; init; }

    /// <summary>Restrictions of the key that made it, with commas; null: none.</summary>
    public string? KeyScopes { get; init; }

    public TransitionInfo ToInfo() => new(Sequence, VersionNumber, From.ToString(), To?.ToString(), At, Actor, Note, ApprovalId?.ToString(), Reviewer);
}

/// <summary>One move of an alias: the ledger behind <see cref="ModelAlias"/>.</summary>
internal sealed class AliasMove
{
    public long Sequence { get; init; }

    public Guid ModelId { get; init; }

    public required string Alias { get; init; }

    /// <summary>Null: the alias was made.</summary>
    public int? FromVersion { get; init; }

    /// <summary>Null: the alias was deleted, or its version was.</summary>
    public int? ToVersion { get; init; }

    public DateTimeOffset At { get; init; }

    public Guid ActorId { get; init; }

    public required string Actor { get; init; }

    /// <summary>Restrictions of the key that moved it, with commas; null: none.</summary>
    public string? KeyScopes { get; init; }

    public static AliasMove Of(Guid modelId, string alias, int? from, int? to, Actor by, DateTimeOffset now) =>
        new() { ModelId = modelId, Alias = alias, FromVersion = from, ToVersion = to, At = now, ActorId = by.UserId, Actor = by.Name, KeyScopes = Ledger.ScopesOf(by) };

    public AliasMoveInfo ToInfo() => new(Alias, FromVersion, ToVersion, At, Actor);
}

internal sealed class TransitionTable : IEntityTypeConfiguration<Transition>
{
    public void Configure(EntityTypeBuilder<Transition> builder)
    {
        builder.ToTable("Transitions").HasKey(t => t.Sequence);
        builder.Property(t => t.Sequence).ValueGeneratedOnAdd();
        builder.Property(t => t.From).HasConversion<string>().HasMaxLength(16);
        builder.Property(t => t.To).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(t => new { t.ModelId, t.Sequence });
        builder.HasIndex(t => new { t.ModelId, t.VersionNumber, t.Sequence });
        builder.HasOne<RegisteredModel>().WithMany().HasForeignKey(t => t.ModelId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class AliasMoveTable : IEntityTypeConfiguration<AliasMove>
{
    public void Configure(EntityTypeBuilder<AliasMove> builder)
    {
        builder.ToTable("AliasMoves").HasKey(m => m.Sequence);
        builder.Property(m => m.Sequence).ValueGeneratedOnAdd();
        builder.Property(m => m.Alias).HasMaxLength(255);
        builder.HasIndex(m => new { m.ModelId, m.Alias, m.Sequence });
        builder.HasOne<RegisteredModel>().WithMany().HasForeignKey(m => m.ModelId).OnDelete(DeleteBehavior.Cascade);
    }
}
