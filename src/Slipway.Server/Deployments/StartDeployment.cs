using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Starts a stopped deployment again with the configuration that it had. When none was ever live, the newest revision is rolled out.</summary>
internal sealed class StartDeployment(EditDeployment edit, MakeLive live, IScaling scaling)
{
    /// <returns>The deployment; starting a running one changes nothing.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken) =>
        edit.RunAsync(
            which, by, "deployment.started", DeploymentAccess.Operate,
            async (db, deployment, now, token) =>
            {
                var before = deployment.State;
                if (before == RunState.Stopped)
                {
                    deployment.Start(now);
                    if (deployment.LiveRevisionId is null)
                    {
                        var newest = await db.Set<Revision>().Include(r => r.Variants)
                            .SingleAsync(r => r.DeploymentId == deployment.Id && r.Number == deployment.LastRevision, token);
                        if ((await live.RunAsync(db, deployment, newest, MakeLive.Started, by, token)).Refusal is { } refusal)
                        {
                            return refusal;
                        }
                    }
                    else
                    {
                        var serving = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleAsync(r => r.Id == deployment.LiveRevisionId, token);
                        await scaling.WakeAsync(db, deployment, serving.Sets, ScaleReasons.WokenByPerson, token);   // whoever starts it wants it to run
                    }
                }

                return new AuditedChange(StopDeployment.State(before), StopDeployment.State(deployment.State));
            },
            cancellationToken);
}
