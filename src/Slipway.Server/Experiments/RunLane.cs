using Microsoft.EntityFrameworkCore;
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
        lane = new Lane<Opening, Result<(Run Run, string Experiment)>?>(Most, _ => 1, OpenTogetherAsync);
    }

    /// <summary>Opens a run without tags and parent; durable when it returns. Its number stays unknown.</summary>
    /// <returns>The run, <c>experiment_not_found</c> or <c>experiment_archived</c>. Null: its experiment is to be made first, so it must go alone.</returns>
    public Task<Result<(Run Run, string Experiment)>?> OpenAsync(StartRunRequest request, Actor by, CancellationToken cancellationToken) =>
        lane.AskAsync(new Opening(request, by), cancellationToken);

    protected override Task LoopAsync(CancellationToken stoppingToken) => lane.RunAsync(stoppingToken);

    private async Task<IReadOnlyList<Result<(Run Run, string Experiment)>?>> OpenTogetherAsync(IReadOnlyList<Opening> together, CancellationToken cancellationToken)
    {
        var opened = await writes.RunAsync<List<Result<(Run Run, string Experiment)>?>>(
            async (db, token) =>
            {
                var experiments = await ExperimentsAsync(db, [.. together.Select(o => o.Request.Experiment).Distinct(StringComparer.Ordinal)], token);
                var now = time.GetUtcNow();
                var answers = together.Select(o => AnswerOf(o, experiments.GetValueOrDefault(o.Request.Experiment), now)).ToList();
                var made = together.Zip(answers).Where(pair => pair.Second is { IsRefused: false }).Select(pair => (pair.First.By, pair.Second!.Value.Value.Run)).ToList();
                await RowInsert.AddAsync(db, made.ConvertAll(m => m.Run), token);
                await RowInsert.AddAsync(db, made.ConvertAll(m => audit.Entry(m.By, "run.started", "run", m.Run.Id)), token);
                made.ForEach(m => db.Added("run", $"runs/{m.Run.Id}"));
                return answers;
            },
            cancellationToken);
        return opened.Value;
    }

    private static Result<(Run Run, string Experiment)>? AnswerOf(Opening opening, Experiment? experiment, DateTimeOffset now)
    {
        var (request, by) = opening;
        if (experiment is null)
        {
            Result<(Run Run, string Experiment)>? alone = null;
            return request.CreateExperiment ? alone : (Result<(Run Run, string Experiment)>)ExperimentRefusals.ExperimentNotFound(request.Experiment);
        }

        if (experiment.Status == ExperimentStatus.Archived)
        {
            return (Result<(Run Run, string Experiment)>)ExperimentRefusals.ExperimentArchived(experiment.Name);
        }

        return (Result<(Run Run, string Experiment)>)(Run.Of(experiment.Id, null, request.Name, by, now), experiment.Name);
    }

    /// <summary>By what callers name them; those that are not there are left out.</summary>
    private static async Task<Dictionary<string, Experiment>> ExperimentsAsync(SlipwayDbContext db, List<string> references, CancellationToken cancellationToken)
    {
        if (references is [var one])
        {
            var found = await db.Set<Experiment>().AsNoTracking().Named(one).SingleOrDefaultAsync(cancellationToken);
            return found is null ? [] : new Dictionary<string, Experiment>(StringComparer.Ordinal) { [one] = found };
        }

        var byId = references.ToLookup(ExperimentReference.IdOf);
        var ids = byId.Where(g => g.Key is not null).Select(g => g.Key!.Value).ToList();
        var names = byId[null].ToList();
        var all = await db.Set<Experiment>().AsNoTracking().Where(e => e.ProjectId == Project.Default && (ids.Contains(e.Id) || names.Contains(e.Name))).ToListAsync(cancellationToken);
        return references.Select(r => (Reference: r, Found: ExperimentReference.IdOf(r) is { } id ? all.Find(e => e.Id == id) : all.Find(e => e.Name == r)))
            .Where(pair => pair.Found is not null).ToDictionary(pair => pair.Reference, pair => pair.Found!, StringComparer.Ordinal);
    }

    private sealed record Opening(StartRunRequest Request, Actor By);
}
