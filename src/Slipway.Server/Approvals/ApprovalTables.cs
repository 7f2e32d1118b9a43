using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Approvals;

internal sealed class ApprovalTable : IEntityTypeConfiguration<Approval>
{
    public void Configure(EntityTypeBuilder<Approval> builder)
    {
        builder.ToTable("Approvals").HasKey(a => a.Id);
        builder.Property(a => a.Id).ValueGeneratedNever();
        builder.Property(a => a.Kind).HasMaxLength(64);
        builder.Property(a => a.State).HasConversion<string>().HasMaxLength(16);
        builder.Property(a => a.Edit).IsConcurrencyToken();
        builder.Ignore(a => a.IsToBeApplied);
        builder.HasIndex(a => new { a.Kind, a.SubjectId }).IsUnique().HasFilter("state = 'Pending'").HasDatabaseName("ux_approvals_one_pending");
        builder.HasIndex(a => a.State).HasFilter("state = 'Approved' AND applied_at IS NULL").HasDatabaseName("ix_approvals_to_be_applied");
        builder.HasIndex(a => new { a.State, a.Id });
        builder.HasIndex(a => a.Resource);
        builder.HasMany(a => a.Reviewers).WithOne().HasForeignKey(r => r.ApprovalId).OnDelete(DeleteBehavior.Cascade);
        builder.HasMany(a => a.Comments).WithOne().HasForeignKey(c => c.ApprovalId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class ApprovalReviewerTable : IEntityTypeConfiguration<ApprovalReviewer>
{
    public void Configure(EntityTypeBuilder<ApprovalReviewer> builder)
    {
        builder.ToTable("ApprovalReviewers").HasKey(r => new { r.ApprovalId, r.UserId });
        builder.HasIndex(r => r.UserId);
    }
}

internal sealed class ApprovalCommentTable : IEntityTypeConfiguration<ApprovalComment>
{
    public void Configure(EntityTypeBuilder<ApprovalComment> builder)
    {
        builder.ToTable("ApprovalComments").HasKey(c => c.Sequence);
        builder.Property(c => c.Sequence).ValueGeneratedOnAdd();
        builder.HasIndex(c => new { c.ApprovalId, c.Sequence });
    }
}
