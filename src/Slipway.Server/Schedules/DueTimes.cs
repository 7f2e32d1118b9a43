using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>
/// Settles due times: each gets its one record, in the transaction that moves the schedule past it. However many servers tick, and wherever one is killed, none gets two and
/// none is left out; the unique index on (schedule, due time) would refuse a second.
/// </summary>
internal sealed class DueTimes(Database database, Writes writes, TellOwner tell, ScheduleMeter meter, IOptions<SchedulesOptions> options, TimeProvider time)
{
    /// <summary>Records in one transaction: what a long absence has left is settled in several.</summary>
    public const int MostAtATime = 500;

    /// <summary>Settles all schedules up to now. One that fails does not hold up the others.</summary>
    /// <exception cref="AggregateException">What failed; the next call tries again.</exception>
    public async Task SettleAllAsync(CancellationToken cancellationToken)
    {
        var failed = new Dictionary<Guid, Exception>();
        while (true)
        {
            var now = time.GetUtcNow();
            List<Guid> due;
            await using (var db = database.Read())
            {
                due = await db.Set<Schedule>().Where(s => s.NextDueAt <= now).OrderBy(s => s.NextDueAt).Select(s => s.Id).ToListAsync(cancellationToken);
            }

            due.RemoveAll(failed.ContainsKey);
            if (due.Count == 0)
            {
                break;
            }

            foreach (var id in due)
            {
                try
                {
                    await SettleOneAsync(id, cancellationToken);
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    failed[id] = exception;
                }
            }
        }

        if (failed.Count > 0)
        {
            throw new AggregateException(failed.Values);
        }
    }

    /// <summary>The latest due time of a schedule that has its record; null: none has.</summary>
    public static Task<DateTimeOffset?> LastAsync(SlipwayDbContext db, Guid schedule, CancellationToken cancellationToken) =>
        db.Set<Execution>().Where(e => e.ScheduleId == schedule && e.DueAt != null).OrderByDescending(e => e.DueAt).Select(e => e.DueAt).FirstOrDefaultAsync(cancellationToken);

    /// <summary>Settles one schedule, whole or up to <see cref="MostAtATime"/>.</summary>
    public async Task SettleOneAsync(Guid id, CancellationToken cancellationToken)
    {
        var settled = await writes.RunAsync<DueRecord[]>(
            async (db, token) =>
            {
                var schedule = await db.Set<Schedule>().SingleOrDefaultAsync(s => s.Id == id, token);
                return schedule is null ? Array.Empty<DueRecord>() : await SettleAsync(db, schedule, time.GetUtcNow(), token);
            },
            cancellationToken);
        foreach (var outcome in settled.Value.GroupBy(r => r.Outcome))
        {
            meter.Settled(outcome.Key, outcome.Count());
        }
    }

    /// <summary>
    /// Settles a schedule inside a unit that is about to change it: what was due before the change is decided by what held then. Every change of a schedule begins with it.
    /// </summary>
    public async Task<DueRecord[]> SettleAsync(SlipwayDbContext db, Schedule schedule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (schedule.NextDueAt is not { } next || next > now)
        {
            return [];
        }

        var busy = await db.Set<Execution>().AnyAsync(e => e.ScheduleId == schedule.Id && e.FinishedAt == null, cancellationToken);
        var facts = new DueFacts(schedule.When, next, schedule.Status == ScheduleStatus.Paused, schedule.Grace, busy, now - options.Value.Retention);
        var settlement = DueDecision.Of(facts, now, MostAtATime);
        foreach (var record in settlement.Records)
        {
            var execution = Execution.Of(schedule, record.DueAt, record.Outcome, null, now);
            db.Set<Execution>().Add(execution);
            if (record.Outcome == DueOutcome.Fired)
            {
                tell.Fired(db, schedule, execution);
            }
        }

        await tell.MissedAsync(db, schedule, [.. settlement.Records.Where(r => r.Outcome == DueOutcome.ServerDown).Select(r => r.DueAt)], cancellationToken);
        schedule.NextDueAt = settlement.Next;
        Failpoints.Pass("schedules.before_settled");
        db.Changed("schedule", schedule.Resource);
        return [.. settlement.Records];
    }
}
