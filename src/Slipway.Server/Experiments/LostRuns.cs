using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Takes heartbeats, and finds runs whose clients have stopped sending them.</summary>
internal sealed partial class LostRuns(
    Database database, Writes writes, AuditLog audit, IEventOutbox outbox, TimeProvider time, IOptions<ExperimentOptions> options, ILogger<LostRuns> logger) : HostedLoop
{
    private readonly DateTimeOffset listeningSince = time.GetUtcNow();

    /// <summary>The client of a run lives.</summary>
    /// <returns>Done, <c>run_not_found</c> or <c>run_deleted</c>.</returns>
    public Task<Result> HeartbeatAsync(string id, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var run = await db.Set<Run>().SingleOrDefaultAsync(r => r.Id == id, token);
            if (run is null || run.DeletedAt is not null)
            {
                return run is null ? ExperimentRefusals.RunNotFound(id) : ExperimentRefusals.RunDeleted(id);
            }

            var wasLost = run.IsLost;
            run.Beat(time.GetUtcNow());
            db.Outdated($"runs/{id}");
            if (wasLost)
            {
                audit.Record(db, Actor.System, "run.found", "run", id, FinishRun.Audited(RunStatus.Failed), FinishRun.Audited(run.Status));
                db.Changed("run", $"runs/{id}");
            }

            return Result.Done;
        },
        cancellationToken);

    /// <summary>One pass: each lost run fails, with the reason.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.Value.LostAfter;
        await using var db = database.Read();
        var silent = await db.Set<Run>().Where(r => r.Status == RunStatus.Running && r.HeartbeatAt < before).Select(r => r.Number).ToListAsync(cancellationToken);
        foreach (var number in silent)
        {
            await FailAsync(number, cancellationToken);
        }
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.LookInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLookFailed(exception);
            }
        }
    }

    private Task<Result> FailAsync(long number, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var now = time.GetUtcNow();
            var run = await db.Set<Run>().SingleOrDefaultAsync(r => r.Number == number, token);
            if (run is not { Status: RunStatus.Running } || !LostRunDecision.IsLost(run.HeartbeatAt, listeningSince, now, options.Value.LostAfter))
            {
                return Result.Done;
            }

            run.Finish(RunStatus.Failed, Run.Lost, now);
            audit.Record(db, Actor.System, "run.lost", "run", run.Id, FinishRun.Audited(RunStatus.Running), FinishRun.Audited(run.Status));
            db.Changed("run", $"runs/{run.Id}");
            FinishRun.Announce(db, outbox, run, Actor.System.Name);
            return Result.Done;
        },
        cancellationToken);

    [LoggerMessage(LogLevel.Error, "Looking for lost runs failed; next try at the next tick")]
    private partial void LogLookFailed(Exception exception);
}
