using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Autoscaling;

/// <summary>
/// Wakes a set at zero when requests wait for it: at once when the gateway of this process says so, else with its next report (which also heals what was missed).
/// </summary>
internal sealed partial class WakeOnRequest(GatewayReports reports, StoredWishes wishes, Writes writes, IEventOutbox outbox, ILogger<WakeOnRequest> logger) : HostedLoop
{
    private readonly Channel<(Guid Deployment, string Hash)> asked = Channel.CreateBounded<(Guid, string)>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        reports.Parked += Ask;
        reports.Taken += Take;
        try
        {
            while (await asked.Reader.WaitToReadAsync(stoppingToken))
            {
                var wanted = new HashSet<(Guid, string)>();   // a thousand requests wake it once
                while (asked.Reader.TryRead(out var set))
                {
                    wanted.Add(set);
                }

                foreach (var (deployment, hash) in wanted)
                {
                    await WakeAsync(deployment, hash, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            reports.Parked -= Ask;
            reports.Taken -= Take;
        }
    }

    private void Ask(Guid deployment, string hash) => asked.Writer.TryWrite((deployment, hash));

    private void Take(GatewayReport report)
    {
        foreach (var set in report.Sets)
        {
            if (set.Parked > 0)
            {
                Ask(set.DeploymentId, set.Hash);
            }
        }
    }

    private async Task WakeAsync(Guid id, string hash, CancellationToken cancellationToken)
    {
        try
        {
            var woken = await writes.RunAsync<string?>(
                async (db, token) =>
                {
                    var deployment = await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == id && d.State == RunState.Running, token);
                    if (deployment is null || !await wishes.WakeAsync(db, deployment, [hash], ScaleReasons.WokenByRequest, token))
                    {
                        return (string?)null;
                    }

                    outbox.Scaled(db, deployment, hash, Math.Max(1, deployment.MinReplicas), ScaleReasons.WokenByRequest, Actor.System);
                    db.Changed("deployment", deployment.Resource);
                    return deployment.Path;
                },
                cancellationToken);
            if (woken is { IsRefused: false, Value: { } path })
            {
                LogWoken(path, hash);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(exception);   // the next report asks again
        }
    }

    [LoggerMessage(LogLevel.Information, "A request woke replica set {Set} of {Deployment}")]
    private partial void LogWoken(string deployment, string set);

    [LoggerMessage(LogLevel.Error, "Waking a replica set failed; the next report tries again")]
    private partial void LogFailed(Exception exception);
}
