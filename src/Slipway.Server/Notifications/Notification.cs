using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Contracts;

namespace Slipway.Server.Notifications;

/// <summary>A message to one user.</summary>
internal sealed class Notification
{
    public const int LongestTitle = 300;

    public long Sequence { get; init; }

    public Guid UserId { get; init; }

    public NotificationKind Kind { get; init; }

    public required string Title { get; init; }

    public string? Text { get; init; }

    /// <summary>Address of a page below <c>/ui</c>.</summary>
    public string? Link { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ReadAt { get; set; }

    public NotificationInfo ToInfo() => new($"{Sequence}", Kind.WireName(), Title, Text, Link, CreatedAt, ReadAt);
}

/// <summary>A user's word on a kind of message; without one, it is wanted.</summary>
internal sealed class NotificationChoice
{
    public Guid UserId { get; init; }

    public NotificationKind Kind { get; init; }

    public bool InApp { get; set; }
}

internal sealed class NotificationTable : IEntityTypeConfiguration<Notification>
{
    public void Configure(EntityTypeBuilder<Notification> builder)
    {
        builder.ToTable("Notifications").HasKey(n => n.Sequence);
        builder.Property(n => n.Sequence).ValueGeneratedOnAdd();
        builder.Property(n => n.Kind).HasConversion<string>().HasMaxLength(32);
        builder.Property(n => n.Title).HasMaxLength(Notification.LongestTitle);
        builder.HasIndex(n => new { n.UserId, n.Sequence });
        builder.HasIndex(n => n.UserId).HasFilter("read_at IS NULL").HasDatabaseName("ix_notifications_unread");
        builder.HasIndex(n => n.CreatedAt);
    }
}

internal sealed class NotificationChoiceTable : IEntityTypeConfiguration<NotificationChoice>
{
    public void Configure(EntityTypeBuilder<NotificationChoice> builder)
    {
        builder.ToTable("NotificationChoices").HasKey(c => new { c.UserId, c.Kind });
        builder.Property(c => c.Kind).HasConversion<string>().HasMaxLength(32);
    }
}
