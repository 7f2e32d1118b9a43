using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>
/// Makes approved changes. It works from stored state: whatever is approved and not applied is tried, again and again, until its owner has made the change or says that it
/// is stale. The change and the word that it was made are one transaction, so a server that dies anywhere in between makes it once.
/// </summary>
internal sealed partial class ApplyApprovals(
    Database database, Writes writes, Changes changes, ApprovalNews news, IEnumerable<IApprovalSubject> subjects, IOptions<ApprovalOptions> options, TimeProvider time,
    ILogger<ApplyApprovals> logger) : HostedLoop
{
    /// <summary>Tries one request now; what does not work is left to the loop.</summary>
    public async Task SoonAsync(Guid id, CancellationToken cancellationToken)
    {
        try
        {
            await ApplyAsync(id, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogApplyFailed(exception, id);
        }
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe(c => c.Kind == "approval");
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var id in await ToBeAppliedAsync(stoppingToken))
                {
                    await SoonAsync(id, stoppingToken);
                }

                // What a change waits for is its owner's business, so that any change may end the wait; the next look is at the pace all the same.
                var waiting = await ToBeAppliedAsync(stoppingToken);
                await subscription.WaitAsync(_ => waiting.Count == 0, waiting.Count == 0 ? options.Value.Pace : options.Value.RetryPace, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogLoopFailed(exception);
                await Task.Delay(options.Value.RetryPace, time, CancellationToken.None);
            }
        }
    }

    private async Task<List<Guid>> ToBeAppliedAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await db.Set<Approval>().Where(a => a.State == ApprovalState.Approved && a.AppliedAt == null).OrderBy(a => a.DecidedAt).Select(a => a.Id).ToListAsync(cancellationToken);
    }

    private async Task ApplyAsync(Guid id, CancellationToken cancellationToken)
    {
        Failpoints.Pass("approvals.before_apply");
        await writes.RunAsync(
            async (db, token) =>
            {
                var approval = await db.Set<Approval>().Include(a => a.Reviewers).SingleOrDefaultAsync(a => a.Id == id, token);
                if (approval is not { IsToBeApplied: true } || subjects.FirstOrDefault(s => s.Kind == approval.Kind) is not { } subject)
                {
                    return Result.Done;
                }

                switch (await subject.ApplyAsync(db, approval, token))
                {
                    case ApplyOutcome.Waiting wait when wait.Because != approval.WaitingBecause:
                        approval.Wait(wait.Because);
                        db.Changed("approval", ApprovalNews.ResourceOf(approval));
                        break;
                    case ApplyOutcome.TooLate late:
                        approval.Close(late.Because, time.GetUtcNow());
                        await news.ClosedAsync(db, approval, Actor.System, token);
                        break;
                    case ApplyOutcome.Done:
                        approval.Apply(time.GetUtcNow());
                        news.Applied(db, approval);
                        await db.SaveChangesAsync(token);
                        Failpoints.Pass("approvals.in_apply");
                        break;
                }

                return Result.Done;
            },
            cancellationToken);
        Failpoints.Pass("approvals.applied");
    }

    [LoggerMessage(LogLevel.Error, "Approval {Approval} could not be applied; next try at the next pass")]
    private partial void LogApplyFailed(Exception exception, Guid approval);

    [LoggerMessage(LogLevel.Error, "Approved changes could not be looked for; next try in a few seconds")]
    private partial void LogLoopFailed(Exception exception);
}
