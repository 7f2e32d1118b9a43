using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Following;

/// <summary>Looks at every deployment that follows a name, after each change and at a pace. One step for each in a pass, from what is stored.</summary>
internal sealed partial class FollowLoop(
    Database database, FollowReference follow, Changes changes, IOptions<DeploymentOptions> options, TimeProvider time, ILogger<FollowLoop> logger) : HostedLoop
{
    protected override Task LoopAsync(CancellationToken stoppingToken) =>
        changes.RunPassesAsync(c => c is { IsNew: false, Kind: "alias" or "version" or "rollout" or "deployment" or "approval" }, options.Value.Pace, time, PassAsync, LogPassFailed, stoppingToken);

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        List<Deployment> followers;
        await using (var db = database.Read())
        {
            followers = await db.Set<Deployment>().Include(d => d.Environment).Where(d => d.Following != null && d.State == RunState.Running).ToListAsync(cancellationToken);
        }

        foreach (var deployment in followers.Where(d => d.Following!.Follows))
        {
            try
            {
                await follow.StepAsync(deployment.Id, cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogStepFailed(exception, deployment.Path);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Following of {Deployment} failed; next try after the next change")]
    private partial void LogStepFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Deployments that follow could not be read; next try after the next change")]
    private partial void LogPassFailed(Exception exception);
}
