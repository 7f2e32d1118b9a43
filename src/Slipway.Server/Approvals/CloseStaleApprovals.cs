using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>
/// Closes pending requests as soon as what they were asked against has changed, so that nobody finds a request that cannot be approved. Whatever changes anything need not know of
/// requests: after each change their owners are asked.
/// </summary>
internal sealed partial class CloseStaleApprovals(
    Database database, Writes writes, Changes changes, ApprovalNews news, IEnumerable<IApprovalSubject> subjects, IOptions<ApprovalOptions> options, TimeProvider time,
    ILogger<CloseStaleApprovals> logger) : HostedLoop
{
    protected override Task LoopAsync(CancellationToken stoppingToken) =>
        changes.RunPassesAsync(c => c is { IsNew: false, Kind: "model" or "version" or "environment" or "deployment" or "rollout" or "alias" or "user" }, options.Value.Pace, time, PassAsync, LogPassFailed, stoppingToken);

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        List<Approval> pending;
        await using (var db = database.Read())
        {
            pending = await db.Set<Approval>().Where(a => a.State == ApprovalState.Pending).OrderBy(a => a.Id).ToListAsync(cancellationToken);
            foreach (var approval in pending.ToList())
            {
                if (SubjectOf(approval) is not { } subject || await subject.StaleBecauseAsync(db, approval, cancellationToken) is null)
                {
                    pending.Remove(approval);
                }
            }
        }

        foreach (var approval in pending)
        {
            await writes.RunAsync((db, token) => CloseAsync(db, approval.Id, token), cancellationToken);
        }
    }

    private async Task<Result> CloseAsync(SlipwayDbContext db, Guid id, CancellationToken cancellationToken)
    {
        var approval = await db.Set<Approval>().Include(a => a.Reviewers).SingleOrDefaultAsync(a => a.Id == id && a.State == ApprovalState.Pending, cancellationToken);
        if (approval is not null && SubjectOf(approval) is { } subject && await subject.StaleBecauseAsync(db, approval, cancellationToken) is { } stale)
        {
            approval.Close(stale, time.GetUtcNow());
            await news.ClosedAsync(db, approval, Actor.System, cancellationToken);
        }

        return Result.Done;
    }

    private IApprovalSubject? SubjectOf(Approval approval) => subjects.FirstOrDefault(s => s.Kind == approval.Kind);

    [LoggerMessage(LogLevel.Error, "Stale requests could not be looked for; next try after the next change")]
    private partial void LogPassFailed(Exception exception);
}
