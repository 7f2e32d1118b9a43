using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>What a person does with a rollout: pause, resume, cancel, force. Each is one stored step that the loop goes on from.</summary>
internal sealed class ActOnRollout(Writes writes, AuditLog audit, IEventOutbox outbox, IOptions<RolloutOptions> options, TimeProvider time)
{
    /// <returns>The rollout's id, <c>rollout_not_found</c>, a missing right, or <c>rollout_state_conflict</c> with what is possible.</returns>
    public Task<Result<Guid>> RunAsync(Guid id, RolloutAction action, Actor by, CancellationToken cancellationToken) => writes.RunAsync<Guid>(
        async (db, token) =>
        {
            var rollout = await db.Set<Rollout>().SingleOrDefaultAsync(r => r.Id == id, token);
            var deployment = rollout is null ? null : await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == rollout.DeploymentId, token);
            if (rollout is null || deployment is null)
            {
                return RolloutRefusals.NotFound();
            }

            if (DeploymentAccess.Operate(by, deployment.Environment, deployment.OwnerId) is { } forbidden)
            {
                return forbidden;
            }

            var (before, status) = (RolloutInfos.Audited(rollout), rollout.Status);
            if (Act(rollout, action, by.Name, time.GetUtcNow()) is { } refusal)
            {
                return refusal;
            }

            audit.Record(db, by, $"rollout.{action.ToWire().Replace('-', '_')}", "deployment", deployment.Path, before, RolloutInfos.Audited(rollout));
            outbox.Moved(db, deployment, rollout, status);
            db.Changed("rollout", RolloutInfos.Resource(rollout));
            db.Changed("deployment", deployment.Resource);
            return rollout.Id;
        },
        cancellationToken);

    private Refusal? Act(Rollout rollout, RolloutAction action, string by, DateTimeOffset now)
    {
        var patience = RolloutPolicy.Read(rollout.Settings).ProgressDeadline ?? options.Value.ProgressDeadline;
        return action switch
        {
            RolloutAction.Pause => rollout.Pause(PauseReason.Person, $"Paused by {by}.", by, now),
            RolloutAction.Resume => rollout.Resume(by, now, patience),
            RolloutAction.Cancel => rollout.Cancel(by, now, patience),
            RolloutAction.ForceCancel => rollout.ForceCancel(by, now),
            RolloutAction.ForceComplete => rollout.ForceComplete(by, now, patience),
            RolloutAction.Cleanup => rollout.CleanUp(by, now),
            _ => throw new ArgumentOutOfRangeException(nameof(action)),
        };
    }
}
