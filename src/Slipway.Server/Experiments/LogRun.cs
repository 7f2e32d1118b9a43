using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>
/// Stores a batch of what a run logs: as a whole or not at all. What runs log is data and not audited; who started, finished, named or deleted a run is.
/// </summary>
internal sealed class LogRun(Writes writes, MetricLane lane, RunKeys keys, RunAlerts alerts, TimeProvider time)
{
    public const int MostMetrics = 1000;
    public const int MostTexts = 100;

    /// <returns>Done, <c>invalid_field</c>, <c>run_not_found</c>, <c>run_deleted</c> or <c>parameter_already_logged</c>.</returns>
    public async Task<Result> RunAsync(string id, LogRunRequest request, CancellationToken cancellationToken)
    {
        if (Check(request) is { } refusal)
        {
            return refusal;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (request is { Metrics.Count: > 0, Parameters: null or { Count: 0 }, Tags: null or { Count: 0 } })
        {
            var together = await lane.StoreAsync(id, request.Metrics, now, cancellationToken);
            if (together.IsRefused || together.Value)
            {
                return new Result(together.Refusal);
            }
        }

        return await AloneAsync(id, request, now, cancellationToken);
    }

    private async Task<Result> AloneAsync(string id, LogRunRequest request, long now, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, long> ids = new Dictionary<string, long>();
        var logged = await writes.RunAsync(
            async (db, token) =>
            {
                var run = await db.Set<Run>().Where(r => r.Id == id).Select(r => new LoggingRun(r.Number, r.Id, r.ExperimentId, r.DeletedAt != null, r.HasAlerts)).SingleOrDefaultAsync(token);
                if (run is null)
                {
                    return ExperimentRefusals.RunNotFound(id);
                }

                if (run.IsDeleted)
                {
                    return ExperimentRefusals.RunDeleted(id);
                }

                ids = await keys.IdsAsync(db, NamesOf(request), token);
                if (request.Parameters is { Count: > 0 } parameters && await AddParametersAsync(db, run, parameters, ids, token) is { } conflict)
                {
                    return conflict;
                }

                if (request.Tags is { Count: > 0 } tags)
                {
                    await SetTagsAsync(db, run, tags, ids, token);
                }

                if (request.Metrics is { Count: > 0 } metrics)
                {
                    var points = MetricLane.Points(run, metrics, ids, now);
                    if (run.HasAlerts)
                    {
                        await alerts.TakeAsync(db, run, points, token);
                    }

                    await MetricLane.InsertAsync(db, [(run, points)], token);
                }

                db.Outdated($"runs/{id}");
                return Result.Done;
            },
            cancellationToken);
        if (logged.Refusal is null)
        {
            keys.Remember(ids);
        }

        return logged;
    }

    private static Refusal? Check(LogRunRequest request)
    {
        var (metrics, parameters, tags) = (request.Metrics ?? [], request.Parameters, request.Tags);
        if (metrics.Count > MostMetrics || parameters?.Count > MostTexts || tags?.Count > MostTexts)
        {
            return ExperimentRefusals.TooMuchLogged();
        }

        if (metrics.Count + (parameters?.Count ?? 0) + (tags?.Count ?? 0) == 0)
        {
            return ExperimentRefusals.NothingLogged();
        }

        foreach (var metric in metrics)
        {
            if (!FreeText.IsName(metric?.Key, RunKey.Longest))
            {
                return ExperimentRefusals.BadKey("metrics", metric?.Key ?? "");
            }

            if (metric!.Timestamp < 0)
            {
                return ExperimentRefusals.BadTimestamp(metric.Key);
            }
        }

        foreach (var (key, value) in parameters ?? new Dictionary<string, string>())
        {
            if (!FreeText.IsName(key, RunKey.Longest))
            {
                return ExperimentRefusals.BadKey("parameters", key);
            }

            if (value is null or { Length: > RunParameter.Longest })
            {
                return ExperimentRefusals.BadParameter(key);
            }
        }

        return CreateExperiment.AreTags(tags) ? null : ExperimentRefusals.BadTags();
    }

    private static IEnumerable<string> NamesOf(LogRunRequest request) =>
        (request.Metrics ?? []).Select(m => m.Key).Concat(request.Parameters?.Keys ?? []).Concat(request.Tags?.Keys ?? []);

    private static async Task<Refusal?> AddParametersAsync(
        SlipwayDbContext db, LoggingRun run, IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, long> ids, CancellationToken cancellationToken)
    {
        var wanted = parameters.Keys.Select(k => ids[k]).ToList();
        var there = await db.Set<RunParameter>().AsNoTracking().Where(p => p.RunNumber == run.Number && wanted.Contains(p.KeyId))
            .ToDictionaryAsync(p => p.KeyId, p => p.Value, cancellationToken);
        foreach (var (key, value) in parameters)
        {
            if (!there.TryGetValue(ids[key], out var known))
            {
                db.Add(new RunParameter
                {
                    RunNumber = run.Number, KeyId = ids[key], ExperimentId = run.ExperimentId, Value = value, ValueStart = LoggedText.StartOf(value),
                    Folded = SearchText.FoldIfOther(value),
                });
            }
            else if (known != value)
            {
                return ExperimentRefusals.ParameterLogged(key, known);
            }
        }

        return null;
    }

    private static async Task SetTagsAsync(
        SlipwayDbContext db, LoggingRun run, IReadOnlyDictionary<string, string> tags, IReadOnlyDictionary<string, long> ids, CancellationToken cancellationToken)
    {
        var wanted = tags.Keys.Select(k => ids[k]).ToList();
        var there = await db.Set<RunTag>().Where(t => t.RunNumber == run.Number && wanted.Contains(t.KeyId)).ToDictionaryAsync(t => t.KeyId, cancellationToken);
        foreach (var (key, value) in tags)
        {
            if (!there.TryGetValue(ids[key], out var tag))
            {
                tag = new RunTag { RunNumber = run.Number, KeyId = ids[key], ExperimentId = run.ExperimentId, Value = value, ValueStart = "" };
                db.Add(tag);
            }

            (tag.Value, tag.ValueStart, tag.Folded) = (value, LoggedText.StartOf(value), SearchText.FoldIfOther(value));
        }
    }
}
