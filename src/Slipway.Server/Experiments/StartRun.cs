using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Opens a run: for a client, and (<see cref="AddAsync"/>) for a folder that has a run of its own to open, such as a training job.</summary>
internal sealed class StartRun(Writes writes, RunLane lane, CreateExperiment create, RunKeys keys, AuditLog audit, TimeProvider time)
{
    /// <returns>The run, <c>invalid_field</c>, <c>experiment_not_found</c>, <c>experiment_archived</c>, or <c>run_not_found</c> for the parent.</returns>
    public async Task<Result<RunInfo>> RunAsync(StartRunRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (Check(request) is { } wrong)
        {
            return wrong;
        }

        Result<(Run Run, string Experiment)>? started = request is { ParentRunId: null, Tags: null or { Count: 0 } } ? await lane.OpenAsync(request, by, cancellationToken) : null;
        started ??= await writes.RunAsync<(Run Run, string Experiment)>((db, token) => OpenAsync(db, request, by, token), cancellationToken);
        if (started.Value.Refusal is { } refusal)
        {
            return refusal;
        }

        // Nothing is logged yet, so there is nothing to read back.
        var (run, experiment) = started.Value.Value;
        return new RunInfo(
            run.Id, run.ExperimentId.ToString(System.Globalization.CultureInfo.InvariantCulture), experiment, run.Name, run.Status.ToString(), null, run.User,
            request.ParentRunId, run.StartedAt, null, null, null, new Dictionary<string, string>(), new Dictionary<string, MetricPoint>(),
            new SortedDictionary<string, string>((request.Tags ?? new Dictionary<string, string>()).ToDictionary(), StringComparer.Ordinal), Etag.Of(run.Edit));
    }

    /// <summary>Opens a run in somebody's unit.</summary>
    public async Task<Result<Run>> AddAsync(SlipwayDbContext unit, StartRunRequest request, Actor by, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(unit, request, by, cancellationToken);
        return opened.Refusal is { } refusal ? refusal : opened.Value.Run;
    }

    private async Task<Result<(Run Run, string Experiment)>> OpenAsync(SlipwayDbContext unit, StartRunRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (Check(request) is { } refusal)
        {
            return refusal;
        }

        var experiment = await ExperimentAsync(unit, request, by, cancellationToken);
        if (experiment.Refusal is { } noExperiment)
        {
            return noExperiment;
        }

        long? parent = null;
        if (request.ParentRunId is { } parentId)
        {
            var found = await unit.Set<Run>().Where(r => r.Id == parentId).Select(r => new { r.Number, r.ExperimentId, r.DeletedAt }).SingleOrDefaultAsync(cancellationToken);
            if (found is null || found.DeletedAt is not null)
            {
                return ExperimentRefusals.BadParent("There is no such run to be the parent.");
            }

            if (found.ExperimentId != experiment.Value.Id)
            {
                return ExperimentRefusals.BadParent("The parent belongs to another experiment.");
            }

            parent = found.Number;
            unit.Outdated($"runs/{parentId}");   // it counts those below it
        }

        var run = Run.Of(experiment.Value.Id, parent, request.Name, by, time.GetUtcNow());
        unit.Add(run);
        if (request.Tags is { Count: > 0 } tags)
        {
            await unit.SaveChangesAsync(cancellationToken);   // tags need its number
            var ids = await keys.IdsAsync(unit, tags.Keys, cancellationToken);
            unit.AddRange(tags.Select(t => new RunTag
            {
                RunNumber = run.Number, KeyId = ids[t.Key], ExperimentId = run.ExperimentId, Value = t.Value, ValueStart = LoggedText.StartOf(t.Value),
                Folded = SearchText.FoldIfOther(t.Value),
            }));
        }

        audit.Record(unit, by, "run.started", "run", run.Id);
        unit.Changed("run", $"runs/{run.Id}");
        return (run, experiment.Value.Name);
    }

    private static Refusal? Check(StartRunRequest request)
    {
        if (request.Name is { Length: > 0 } name && !FreeText.IsName(name, Experiment.LongestName))
        {
            return ExperimentRefusals.BadRunName();
        }

        return CreateExperiment.AreTags(request.Tags) ? null : ExperimentRefusals.BadTags();
    }

    private async Task<Result<Experiment>> ExperimentAsync(SlipwayDbContext unit, StartRunRequest request, Actor by, CancellationToken cancellationToken)
    {
        var experiment = await unit.Set<Experiment>().AsNoTracking().Named(request.Experiment).SingleOrDefaultAsync(cancellationToken);
        if (experiment is null)
        {
            if (!request.CreateExperiment)
            {
                return ExperimentRefusals.ExperimentNotFound(request.Experiment);
            }

            var wanted = new CreateExperimentRequest(request.Experiment);
            return CreateExperiment.Check(wanted) is { } refusal ? refusal : await create.AddAsync(unit, wanted, by, cancellationToken);
        }

        return experiment.Status == ExperimentStatus.Archived ? ExperimentRefusals.ExperimentArchived(experiment.Name) : experiment;
    }
}
