using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Opens plain runs, those that wait together in one unit: one question for their experiments, one statement for the runs and one for the audit trail.</summary>
internal sealed class RunLane : HostedLoop
{
    private const int Most = 128;
    private readonly Lane<Opening, Result<(Run Run, string Experiment)>?> lane;
    private readonly Writes writes;
    private readonly AuditLog audit;
    private readonly TimeProvider time;

    public RunLane(Writes writes, AuditLog audit, TimeProvider time)
    {
        (this.writes, this.audit, this.time) = (writes, audit, time);
        lane = new Lane<Opening, Result<(Run Run, string Experiment)>?>(Most, _ => 1, OpenTogetherAsync, writes.AreInTurn);
    }

    /// <summary>Opens a run without tags and parent; durable when it returns. Its number stays unknown.</summary>
    /// <returns>The run, <c>experiment_not_found</c> or <c>experiment_archived</c>. Null: its experiment is to be made first, so it must go alone.</returns>
    public Task<Result<(Run Run, string Experiment)>?> OpenAsync(StartRunRequest request, Actor by, CancellationToken cancellationToken) =>
        lane.AskAsync(new Opening(request, by), cancellationToken);

    protected override Task LoopAsync(CancellationToken stoppingToken) => lane.RunAsync(stoppingToken);

    private async Task<IReadOnlyList<Result<(Run Run, string Experiment)>?>> OpenTogetherAsync(Func<IReadOnlyList<Opening>> take, CancellationToken cancellationToken)
    {
        var opened = await writes.RunAsync<List<Result<(Run Run, string Experiment)>?>>(
            async (db, token) =>
            {
                var together = take();
                var experiments = await ExperimentsAsync(db, together.Select(o => o.Request.Experiment), token);
                var now = time.GetUtcNow();
                var answers = together.Select(o => AnswerOf(o, experiments.GetValueOrDefault(o.Request.Experiment), now)).ToList();
                var made = together.Zip(answers).Where(pair => pair.Second is { IsRefused: false }).Select(pair => (pair.First.By, pair.Second!.Value.Value.Run)).ToList();
                await RowInsert.AddAsync(db, made.ConvertAll(m => m.Run), token);
                await AuditInsert.AddAsync(db, made.ConvertAll(m => audit.Entry(m.By, "run.started", "run", m.Run.Id)), token);
                made.ForEach(m => db.Added("run", $"runs/{m.Run.Id}"));
                made.ForEach(m => m.By.Claimed(db, "run", $"runs/{m.Run.Id}"));
                return answers;
            },
            cancellationToken);
        return opened.Value;
    }

    private static Result<(Run Run, string Experiment)>? AnswerOf(Opening opening, NamedExperiment? experiment, DateTimeOffset now)
    {
        var (request, by) = opening;
        if (experiment is null)
        {
            Result<(Run Run, string Experiment)>? alone = null;
            return request.CreateExperiment ? alone : (Result<(Run Run, string Experiment)>)ExperimentRefusals.ExperimentNotFound(request.Experiment);
        }

        if (experiment.IsArchived)
        {
            return (Result<(Run Run, string Experiment)>)ExperimentRefusals.ExperimentArchived(experiment.Name);
        }

        return (Result<(Run Run, string Experiment)>)(Run.Of(experiment.Id, null, request.Name, by, now), experiment.Name);
    }

    /// <summary>By what callers name them; those that are not there are left out.</summary>
    private static async Task<Dictionary<string, NamedExperiment>> ExperimentsAsync(SlipwayDbContext unit, IEnumerable<string> references, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, NamedExperiment>(StringComparer.Ordinal);
        var byId = references.Distinct(StringComparer.Ordinal).ToLookup(ExperimentReference.IdOf);
        if (byId.Where(g => g.Key is not null).ToDictionary(g => g.Key!.Value, g => g.ToList()) is { Count: > 0 } ids)   // 1 and 01 are one
        {
            foreach (var one in await AnyOfAsync(unit, "id", ids.Keys.ToArray(), cancellationToken))
            {
                ids[one.Id].ForEach(reference => found[reference] = one);
            }
        }

        if (byId[null].ToArray() is { Length: > 0 } names)
        {
            foreach (var one in await AnyOfAsync(unit, "name", names, cancellationToken))
            {
                found[one.Name] = one;
            }
        }

        return found;
    }

    private static Task<List<NamedExperiment>> AnyOfAsync(SlipwayDbContext unit, string column, object values, CancellationToken cancellationToken) => UnitSql.ListAsync(
        unit,
        $"SELECT id, name, status FROM experiments WHERE project_id = @project AND {UnitSql.AnyOf(unit, column, "@values")}",
        [("@project", Project.Default), ("@values", values)],
        row => new NamedExperiment(row.GetInt64(0), row.GetString(1), row.GetString(2) == nameof(ExperimentStatus.Archived)),
        cancellationToken);

    private sealed record NamedExperiment(long Id, string Name, bool IsArchived);

    private sealed record Opening(StartRunRequest Request, Actor By);
}
