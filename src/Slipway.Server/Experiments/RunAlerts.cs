using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Told when an alert fires, in the unit that stored the value: whoever passes it on to people does so exactly once.</summary>
internal interface IRunAlertListener
{
    Task FiredAsync(SlipwayDbContext unit, RunAlertFired fired, CancellationToken cancellationToken);
}

/// <param name="CreatedById">Who asked to be told.</param>
internal sealed record RunAlertFired(string RunId, string Condition, string? Message, double Value, long Step, Guid CreatedById);

/// <summary>Alerts on runs: makes and removes them, and gives them new values.</summary>
internal sealed class RunAlerts(Writes writes, RunKeys keys, IEnumerable<IRunAlertListener> listeners, AuditLog audit, TimeProvider time)
{
    /// <returns>The alert, <c>invalid_field</c>, <c>run_not_found</c>, <c>run_deleted</c> or <c>too_many_alerts</c>.</returns>
    public async Task<Result<RunAlertInfo>> CreateAsync(string id, CreateRunAlertRequest request, Actor by, CancellationToken cancellationToken)
    {
        var parsed = AlertCondition.Parse(request.Condition);
        if (parsed.Refusal is { } refusal)
        {
            return refusal;
        }

        if (request.Message is { Length: > 1000 })
        {
            return Refusal.Field("message", "A message has at most 1,000 characters.");
        }

        return await writes.RunAsync<RunAlertInfo>(
            async (db, token) =>
            {
                var run = await db.Set<Run>().SingleOrDefaultAsync(r => r.Id == id, token);
                if (run is null || run.DeletedAt is not null)
                {
                    return run is null ? ExperimentRefusals.RunNotFound(id) : ExperimentRefusals.RunDeleted(id);
                }

                if (await db.Set<RunAlert>().CountAsync(a => a.RunNumber == run.Number, token) >= RunAlert.Most)
                {
                    return ExperimentRefusals.TooManyAlerts();
                }

                var now = time.GetUtcNow();
                var condition = parsed.Value;
                var alert = new RunAlert
                {
                    Id = Guid.CreateVersion7(now), RunNumber = run.Number, KeyId = (await keys.IdsAsync(db, [condition.Metric], token))[condition.Metric],
                    Comparison = condition.Comparison, Threshold = MetricValue.Encode(condition.Threshold), Condition = request.Condition.Trim(), Message = request.Message,
                    CreatedById = by.UserId, CreatedBy = by.Name, CreatedAt = now,
                };
                run.HasAlerts = true;
                db.Add(alert);
                audit.Record(db, by, "run.alert_created", "run", id);
                db.Changed("run", $"runs/{id}");
                by.Claimed(db, "run_alert", $"runs/{id}/alerts/{alert.Id}");

                // What the run has logged already counts: a condition that is true when the alert is made has just become true for whoever asks.
                var latest = await db.Set<RunMetric>().AsNoTracking().Where(m => m.RunNumber == run.Number && m.KeyId == alert.KeyId).SingleOrDefaultAsync(token);
                if (latest is not null)
                {
                    await TellAsync(db, id, alert, [new RunMetricPoint { KeyId = latest.KeyId, Step = latest.Step, Timestamp = latest.Timestamp, Value = latest.Value }], token);
                }

                return alert.ToInfo();
            },
            cancellationToken);
    }

    /// <returns>Done, <c>run_not_found</c> or <c>alert_not_found</c>.</returns>
    public Task<Result> DeleteAsync(string id, string alertId, Actor by, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var run = await db.Set<Run>().SingleOrDefaultAsync(r => r.Id == id, token);
            if (run is null)
            {
                return ExperimentRefusals.RunNotFound(id);
            }

            var alerts = await db.Set<RunAlert>().Where(a => a.RunNumber == run.Number).ToListAsync(token);
            if (!Guid.TryParse(alertId, out var wanted) || alerts.Find(a => a.Id == wanted) is not { } alert)
            {
                return ExperimentRefusals.AlertNotFound();
            }

            db.Remove(alert);
            run.HasAlerts = alerts.Count > 1;
            audit.Record(db, by, "run.alert_deleted", "run", id);
            db.Changed("run", $"runs/{id}");
            return Result.Done;
        },
        cancellationToken);

    /// <summary>Gives new values to the alerts of a run, before they are stored. Values that are not later than the latest tell nothing new.</summary>
    public async Task TakeAsync(SlipwayDbContext unit, LoggingRun run, IReadOnlyCollection<RunMetricPoint> points, CancellationToken cancellationToken)
    {
        var byKey = points.ToLookup(p => p.KeyId);
        foreach (var alert in await unit.Set<RunAlert>().Where(a => a.RunNumber == run.Number).ToListAsync(cancellationToken))
        {
            if (!byKey.Contains(alert.KeyId))
            {
                continue;
            }

            var latest = await unit.Set<RunMetric>().AsNoTracking().Where(m => m.RunNumber == run.Number && m.KeyId == alert.KeyId).SingleOrDefaultAsync(cancellationToken);
            var later = byKey[alert.KeyId].Where(p => latest is null || IsLater(p, latest.Step, latest.Timestamp, latest.Value));
            await TellAsync(unit, run.Id, alert, [.. later.OrderBy(p => p.Step).ThenBy(p => p.Timestamp).ThenBy(p => p.Value)], cancellationToken);
        }
    }

    public static bool IsLater(RunMetricPoint point, long step, long timestamp, long value) =>
        (point.Step, point.Timestamp, point.Value).CompareTo((step, timestamp, value)) > 0;

    private async Task TellAsync(SlipwayDbContext unit, string runId, RunAlert alert, IReadOnlyList<RunMetricPoint> points, CancellationToken cancellationToken)
    {
        if (!alert.Take(points, time.GetUtcNow()))
        {
            return;
        }

        unit.Changed("run", $"runs/{runId}");
        var fired = new RunAlertFired(runId, alert.Condition, alert.Message, MetricValue.Decode(alert.LastValue), alert.LastStep, alert.CreatedById);
        foreach (var listener in listeners)
        {
            await listener.FiredAsync(unit, fired, cancellationToken);
        }
    }
}
