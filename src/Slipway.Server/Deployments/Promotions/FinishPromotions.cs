using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Promotions;

/// <summary>
/// Does to the deployment that was promoted from what the target environment says (<c>source_after_promotion</c>), exactly once and only when the rollout there has SUCCEEDED. Works
/// from stored state alone.
/// </summary>
internal sealed partial class FinishPromotions(
    Database database, IRollouts rollouts, IScaling scaling, Writes writes, AuditLog audit, Changes changes, IOptions<DeploymentOptions> options, TimeProvider time,
    ILogger<FinishPromotions> logger) : HostedLoop
{
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        List<Promotion> pending;
        await using (var db = database.Read())
        {
            pending = await db.Set<Promotion>().Where(p => p.Outcome == PromotionOutcome.Pending).OrderBy(p => p.At).ToListAsync(cancellationToken);
        }

        foreach (var promotion in pending)
        {
            try
            {
                await writes.RunAsync((db, token) => StepAsync(db, promotion.Id, token), cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogStepFailed(exception, promotion.Name);
            }
        }
    }

    protected override Task LoopAsync(CancellationToken stoppingToken) =>
        changes.RunPassesAsync(c => c.Kind is "rollout" or "deployment", options.Value.Pace, time, PassAsync, LogPassFailed, stoppingToken);

    private async Task<Result> StepAsync(SlipwayDbContext db, Guid id, CancellationToken cancellationToken)
    {
        var promotion = await db.Set<Promotion>().SingleAsync(p => p.Id == id, cancellationToken);
        if (promotion.Outcome != PromotionOutcome.Pending)
        {
            return Result.Done;
        }

        var source = await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == promotion.SourceId, cancellationToken);
        var mine = source is null ? [] : await rollouts.LedgerAsync(db, source.Id, cancellationToken);
        var outcome = PromotionDecision.Next(promotion, await rollouts.LedgerAsync(db, promotion.TargetId, cancellationToken), source?.LiveRevisionId);
        if (outcome == PromotionOutcome.Pending)
        {
            return Result.Done;
        }

        promotion.Outcome = outcome;
        if (outcome == PromotionOutcome.Done && source is { State: RunState.Running } && mine.All(r => !r.UnderWay))
        {
            await CleanAsync(db, source, promotion.SourceAfterPromotion, cancellationToken);
        }

        if (source is not null)
        {
            db.Changed("deployment", source.Resource);
        }

        return Result.Done;
    }

    private async Task CleanAsync(SlipwayDbContext db, Deployment source, Cleanup cleanup, CancellationToken cancellationToken)
    {
        var revision = await db.Set<Revision>().Include(r => r.Variants).SingleAsync(r => r.Id == source.LiveRevisionId, cancellationToken);
        switch (cleanup)
        {
            case Cleanup.ScaleToZero:
                await scaling.HoldAtZeroAsync(db, source.Id, revision.Sets, ScaleReasons.HeldAtZero, cancellationToken);
                break;
            case Cleanup.Deactivate:
                revision.InactiveAt = time.GetUtcNow();
                break;
            default:
                return;
        }

        audit.Record(
            db, Actor.System, "deployment.cleaned_up", "deployment", source.Path,
            after: new JsonObject { ["source_after_promotion"] = PromotionSettings.Word(cleanup) }.ToJsonString());
    }

    [LoggerMessage(LogLevel.Error, "Finishing the promotion of {Deployment} failed; next try at the next tick")]
    private partial void LogStepFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Promotions could not be read; next try at the next tick")]
    private partial void LogPassFailed(Exception exception);
}
