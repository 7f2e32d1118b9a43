using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>What a feature tells Approvals when its own things change under a request; in the feature's unit.</summary>
internal sealed class SettleApprovals(ApprovalNews news, TimeProvider time)
{
    /// <summary>Closes what is pending, or approved and not applied, about subjects that are gone or have become something else.</summary>
    /// <param name="except">A request that is being applied by this very change.</param>
    public async Task CloseAsync(
        SlipwayDbContext db, string kind, IReadOnlyCollection<Guid> subjects, string reason, Actor by, CancellationToken cancellationToken, Guid? except = null)
    {
        var open = await db.Set<Approval>().Include(a => a.Reviewers).Where(a => a.Kind == kind && subjects.Contains(a.SubjectId) && a.Id != except
            && (a.State == ApprovalState.Pending || (a.State == ApprovalState.Approved && a.AppliedAt == null))).ToListAsync(cancellationToken);
        foreach (var approval in open)
        {
            approval.Close(reason, time.GetUtcNow());
            await news.ClosedAsync(db, approval, by, cancellationToken);
        }
    }

    /// <summary>The pending requests of a kind, for a feature whose policy changed.</summary>
    public Task<List<Approval>> PendingAsync(SlipwayDbContext db, string kind, CancellationToken cancellationToken) =>
        db.Set<Approval>().Include(a => a.Reviewers).Where(a => a.Kind == kind && a.State == ApprovalState.Pending).OrderBy(a => a.Id).ToListAsync(cancellationToken);

    /// <summary>Gives a pending request the reviewers that the policy names now; those who are new are told.</summary>
    public async Task ReassignAsync(SlipwayDbContext db, Approval approval, IReadOnlyCollection<Guid> reviewers, CancellationToken cancellationToken)
    {
        var wanted = (await UserNames.WhoMayActAsync(db, reviewers, cancellationToken)).Where(r => r.Id != approval.RequesterId).ToList();
        var fresh = wanted.Where(w => approval.Reviewers.TrueForAll(r => r.UserId != w.Id))
            .Select(w => new ApprovalReviewer { ApprovalId = approval.Id, UserId = w.Id, Name = w.Name }).ToList();
        var gone = approval.Reviewers.RemoveAll(r => wanted.TrueForAll(w => w.Id != r.UserId));
        if (gone == 0 && fresh.Count == 0)
        {
            return;
        }

        approval.Reviewers.AddRange(fresh);
        approval.Touch();
        await news.InviteAsync(db, approval, fresh, cancellationToken);
        db.Changed("approval", ApprovalNews.ResourceOf(approval));
    }
}
