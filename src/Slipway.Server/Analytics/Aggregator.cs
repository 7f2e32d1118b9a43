using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.History;
using Slipway.Server.History.Store;
using Slipway.Server.Platform;

namespace Slipway.Server.Analytics;

/// <summary>
/// Counts stored predictions exactly once. What is stored while it runs comes by the feed; what it missed (after a kill, or a failed write) it asks of the
/// store by sequence. Counts and the sequence they reach to are written in one transaction.
/// </summary>
internal sealed partial class Aggregator(
    IPredictionStore store, PredictionFeed feed, Database database, Writes writes, CountedTraffic recent, IOptions<AnalyticsOptions> options, TimeProvider time,
    ILogger<Aggregator> logger) : HostedLoop, IHostedLifecycleService, IStoredPredictionUse
{
    private const int Chunk = 5000;
    private readonly Lock gate = new();
    private PendingCounts pending = new(1);
    private long doneTo;
    private DateTimeOffset purgeAt;

    /// <inheritdoc/>
    public long DoneTo => Volatile.Read(ref doneTo);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await using (var db = database.Read())
        {
            doneTo = (await db.Set<AnalyticsPosition>().SingleOrDefaultAsync(cancellationToken))?.Sequence ?? 0;
            var since = time.GetUtcNow() - CountedTraffic.Window;
            foreach (var row in await db.Set<MinuteAggregate>().Where(a => a.At > since).ToListAsync(cancellationToken))
            {
                recent.Add(row.DeploymentId, row.At, row.Requests, row.Failures);
            }
        }

        if (doneTo > store.LastSequence)
        {
            LogHistoryGone(doneTo, store.LastSequence);
            await writes.RunAsync(
                async (db, token) =>
                {
                    (await PositionAsync(db, token)).Sequence = store.LastSequence;
                    return Result.Done;
                },
                cancellationToken);
            doneTo = store.LastSequence;
        }

        pending = new PendingCounts(doneTo + 1);
        feed.Stored += Take;
        await base.StartAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After every service has stopped: what history drained at the end is counted too.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        feed.Stored -= Take;
        await FlushAsync(cancellationToken);
    }

    /// <summary>Counts and writes everything that is stored.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await CatchUpAsync(cancellationToken);
            PendingCounts taken;
            lock (gate)
            {
                taken = pending;
                pending = new PendingCounts(taken.Next);
            }

            if (taken.Next == taken.First)
            {
                return;
            }

            var counted = false;
            try
            {
                // Power loss must not take from the store what is counted here.
                await store.SyncAsync(cancellationToken);
                counted = !(await writes.RunAsync((db, token) => WriteAsync(db, taken, token), cancellationToken)).IsRefused;
            }
            finally
            {
                if (!counted)
                {
                    await StartAgainAsync();
                }
            }

            if (!counted)
            {
                return;
            }

            Volatile.Write(ref doneTo, taken.Next - 1);
            foreach (var (deployment, minute, tally) in taken.Minutes)
            {
                recent.Add(deployment, minute, tally.Requests, tally.Failures);
            }
        }
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.FlushInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await FlushAsync(stoppingToken);
                if (time.GetUtcNow() >= purgeAt)
                {
                    await PurgeAsync(stoppingToken);
                    purgeAt = time.GetUtcNow() + options.Value.PurgeInterval;
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogFailed(exception);
            }
        }
    }

    /// <summary>Removes aggregates that are too old.</summary>
    public async Task PurgeAsync(CancellationToken cancellationToken)
    {
        var (minutes, hours) = (time.GetUtcNow() - options.Value.MinuteAge, time.GetUtcNow() - options.Value.HourAge);
        var removed = await writes.RunAsync<int>(
            async (db, token) => await db.Set<MinuteAggregate>().Where(a => a.At < minutes).ExecuteDeleteAsync(token)
                + await db.Set<HourAggregate>().Where(a => a.At < hours).ExecuteDeleteAsync(token),
            cancellationToken);
        if (removed.Value > 0)
        {
            LogPurged(removed.Value);
        }
    }

    private void Take(long first, IReadOnlyList<PredictionOutcome> outcomes)
    {
        lock (gate)
        {
            if (first == pending.Next)
            {
                pending.Add(outcomes);
            }
        }
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        var read = 0;
        while (read < Chunk)
        {
            long next;
            lock (gate)
            {
                next = pending.Next;
            }

            if (next > store.LastSequence)
            {
                return;
            }

            var missed = await store.OutcomesAsync(next - 1, Chunk, cancellationToken);
            if (missed.Count == 0)
            {
                return;
            }

            read += missed.Count;
            lock (gate)
            {
                if (pending.Next == next)
                {
                    pending.Add(missed);
                }
            }
        }
    }

    // The position says whether these were counted before: an answer to a commit may have been lost.
    private static async Task<Result<bool>> WriteAsync(SlipwayDbContext db, PendingCounts counts, CancellationToken cancellationToken)
    {
        var position = await PositionAsync(db, cancellationToken);
        if (position.Sequence != counts.First - 1)
        {
            return Refusal.Conflict("already_counted", "These predictions are counted.");
        }

        await counts.WriteAsync(db, cancellationToken);
        position.Sequence = counts.Next - 1;
        return true;
    }

    /// <summary>Forgets what is pending and goes on from the written position; the store has the rest.</summary>
    private async Task StartAgainAsync()
    {
        await using var db = database.Read();
        var written = (await db.Set<AnalyticsPosition>().SingleOrDefaultAsync(CancellationToken.None))?.Sequence ?? 0;
        Volatile.Write(ref doneTo, written);
        lock (gate)
        {
            pending = new PendingCounts(written + 1);
        }
    }

    private static async Task<AnalyticsPosition> PositionAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        var position = await db.Set<AnalyticsPosition>().SingleOrDefaultAsync(cancellationToken);
        if (position is null)
        {
            db.Add(position = new AnalyticsPosition { Id = 1 });
        }

        return position;
    }

    [LoggerMessage(LogLevel.Error, "Counting predictions failed; what was not written is counted again from the store")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(LogLevel.Warning, "Predictions are counted up to {Counted} but the store ends at {Stored}: its files were removed; counting goes on from there")]
    private partial void LogHistoryGone(long counted, long stored);

    [LoggerMessage(LogLevel.Information, "{Rows} old aggregates removed")]
    private partial void LogPurged(int rows);
}
