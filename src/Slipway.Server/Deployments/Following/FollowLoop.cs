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
        List<Chosen> chosen;
        await using (var db = database.Read())
        {
            chosen = await db.Set<Deployment>().Where(d => d.Following != null && d.State == RunState.Running)
                .Select(d => new Chosen(d.Id, d.Environment.Name, d.Name, d.Following!)).ToListAsync(cancellationToken);
        }

        foreach (var deployment in chosen.Where(d => d.By.Follows))
        {
            try
            {
                await follow.StepAsync(deployment.Id, cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogStepFailed(exception, $"{deployment.Environment}/{deployment.Name}");
            }
        }
    }

    /// <param name="By">Whether it follows is inside of a column.</param>
    private sealed record Chosen(Guid Id, string Environment, string Name, FollowedName By);

    [LoggerMessage(LogLevel.Error, "Following of {Deployment} failed; next try after the next change")]
    private partial void LogStepFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Deployments that follow could not be read; next try after the next change")]
    private partial void LogPassFailed(Exception exception);
}
