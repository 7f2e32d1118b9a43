using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Stores a step that was decided, with what it was decided on.</summary>
internal sealed partial class TakeStep(
    Writes writes, RolloutEvidence evidence, AuditLog audit, IEventOutbox outbox, RolloutMeter meter, IOptions<RolloutOptions> options, TimeProvider time, ILogger<TakeStep> logger)
{
    public async Task RunAsync(RolloutFacts facts, Deployment deployment, NextStep step, CancellationToken cancellationToken)
    {
        var seen = facts.Rollout;
        var decided = EvidenceOf(facts, step);
        var stored = await writes.RunAsync<(string What, string? Failed)?>(
            async (db, token) =>
            {
                // Somebody else's step since then (a pause, a stop) makes this decision void; the next pass decides anew.
                var rollout = await db.Set<Rollout>().SingleAsync(r => r.Id == seen.Id, token);
                if (rollout.LastStep != seen.LastStep || rollout.FinishedAt is not null)
                {
                    return ((string, string?)?)null;
                }

                var now = time.GetUtcNow();
                var before = rollout.Status;
                var taken = await ApplyAsync(db, rollout, facts.Policy, step, now, token);
                taken.Evidence = decided;
                outbox.Moved(db, deployment, rollout, before);
                if (rollout.Status.IsFinal())
                {
                    audit.Record(
                        db, Actor.System, $"rollout.{rollout.Status.ToWire().ToLowerInvariant()}", "deployment", deployment.Path, after: RolloutInfos.Audited(rollout));
                }

                db.Changed("rollout", RolloutInfos.Resource(rollout));
                db.Changed("deployment", deployment.Resource);
                return (taken.What, rollout.Status == RolloutStatus.Failed ? rollout.ErrorCode : null);
            },
            cancellationToken);
        if (!stored.IsRefused && stored.Value is { } done)
        {
            LogStep(deployment.Path, seen.ToRevision, done.What);
            if (done.Failed is { } reason)
            {
                meter.RolledBack(deployment.Environment.Name, deployment.Name, reason);
            }
        }
    }

    private async Task<RolloutStep> ApplyAsync(SlipwayDbContext db, Rollout rollout, RolloutPolicy policy, NextStep step, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var patience = policy.ProgressDeadline ?? options.Value.ProgressDeadline;
        switch (step)
        {
            case MoveStep move:
                return rollout.Take(move, now, patience);
            case FailStep { Gently: true } fail:
                return rollout.FailGently(fail.Code, fail.Message, now, patience);
            case FailStep fail:
                return rollout.Fail(fail.Code, fail.Message, now);
            case ReturnedStep back:
                return rollout.Return(back.What, now);
            case PauseStep pause:
                rollout.Pause(PauseReason.NoEvidence, pause.What, by: null, now);
                return rollout.Steps[^1];
            case FinishStep finish:
                // One way back is kept at a time: the newest.
                foreach (var older in await db.Set<Rollout>().Where(r => r.DeploymentId == rollout.DeploymentId && r.KeptRevisionId != null).ToListAsync(cancellationToken))
                {
                    older.KeptRevisionId = null;
                }

                var last = rollout.Succeed(finish.What, policy.PreviousCleanup, now);
                await LiveRevisions.SetAsync(db, rollout.DeploymentId, rollout.ToRevisionId, now, cancellationToken);
                if (policy.PreviousCleanup == PreviousCleanup.Deactivate && rollout.FromRevisionId is { } replaced)
                {
                    await LiveRevisions.DeactivateAsync(db, replaced, now, cancellationToken);
                }

                return last;
            default:
                throw new InvalidOperationException($"{step} is no step.");
        }
    }

    /// <summary>The window that ends with this step; null where no traffic had moved, or nothing was asked in it.</summary>
    private string? EvidenceOf(RolloutFacts facts, NextStep step)
    {
        var rollout = facts.Rollout;
        var ends = step is not MoveStep move || move.Weight > rollout.Weight;
        if (!ends || rollout.Weight == 0 || evidence.Of(rollout, facts.Policy.Gate.MinRequests) is not ({ } window, var compared) || window.Candidate.Requests + window.Previous.Requests == 0)
        {
            return null;
        }

        return JsonSerializer.Serialize(
            new RolloutEvidenceInfo(
                window.From, window.To, window.Candidate.ToInfo(), window.Previous.ToInfo(), facts.Gate.Verdict.ToString().ToLowerInvariant(), facts.Gate.What,
                compared is { Number: RolloutWindow.Before } ? compared.Previous.ToInfo() : null),
            ContractsJson.Default.RolloutEvidenceInfo);
    }

    [LoggerMessage(LogLevel.Information, "Rollout of {Deployment} to revision {Revision}: {What}")]
    private partial void LogStep(string deployment, int revision, string what);
}
