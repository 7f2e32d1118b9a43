using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>
/// Packs batches of values anew that were packed before a batch carried its steps, once somebody reads a history that has such: each page of it would read all of them. Values stay what they
/// are, and a reader who meets both forms of one batch leaves out what is there twice.
/// </summary>
internal sealed partial class RepackMetrics(Writes writes, ILogger<RepackMetrics> logger) : HostedLoop
{
    /// <summary>At most some 10 MB of values in a unit, and a few hundred KB as a rule.</summary>
    private const int MostAtOnce = 64;

    private readonly Channel<long> runs = Channel.CreateBounded<long>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>This run has old batches. Asked for too much at a time, it is asked again by the next reader.</summary>
    public void Wish(long run) => runs.Writer.TryWrite(run);

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        await foreach (var run in runs.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                while ((await writes.RunAsync<int>((unit, token) => SomeAsync(unit, run, token), stoppingToken)).Value == MostAtOnce)
                {
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(exception, run);
            }
        }
    }

    private static async Task<Result<int>> SomeAsync(SlipwayDbContext unit, long run, CancellationToken cancellationToken)
    {
        var old = await unit.Set<RunMetricBatch>().Where(b => b.RunNumber == run && b.FirstStep == null).OrderBy(b => b.Id).Take(MostAtOnce).ToListAsync(cancellationToken);
        unit.RemoveRange(old);
        unit.AddRange(old.Select(b => MetricPacking.Unpack(run, b.Packed)).Where(points => points.Count > 0)
            .SelectMany(points => RunMetricBatch.ByStretch(points).Select(part => RunMetricBatch.Of(run, part))));
        return old.Count;
    }

    [LoggerMessage(LogLevel.Error, "Values of run number {Run} could not be packed anew; they are read as they are")]
    private partial void LogFailed(Exception exception, long run);
}
