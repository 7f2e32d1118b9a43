using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>Rotates and removes log files at a pace.</summary>
internal sealed partial class ReplicaLogTidy(
    ReplicaLogFiles files, ReplicaSets sets, IOptions<ReplicasOptions> options, TimeProvider time, ILogger<ReplicaLogTidy> logger) : HostedLoop
{
    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SampleInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                files.Tidy(sets.Current.Sets.Values.SelectMany(s => s.Replicas).Select(r => r.Id).ToHashSet(), time.GetUtcNow());
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                LogFailed(exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Rotating the output of replicas failed; next try at the next tick")]
    private partial void LogFailed(Exception exception);
}
