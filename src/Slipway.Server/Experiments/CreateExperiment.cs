using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Adds an experiment without runs.</summary>
internal sealed class CreateExperiment(Writes writes, AuditLog audit, TimeProvider time)
{
    /// <returns>The experiment, <c>invalid_field</c> or <c>experiment_already_exists</c>.</returns>
    public async Task<Result<ExperimentInfo>> RunAsync(CreateExperimentRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (Check(request) is { } refusal)
        {
            return refusal;
        }

        return await writes.RunAsync<ExperimentInfo>(
            async (db, token) =>
            {
                if (await db.Set<Experiment>().AnyAsync(e => e.ProjectId == Project.Default && e.Name == request.Name, token))
                {
                    return ExperimentRefusals.ExperimentExists(request.Name);
                }

                return (await AddAsync(db, request, by, token)).ToInfo(0, null);
            },
            cancellationToken);
    }

    public static Refusal? Check(CreateExperimentRequest request)
    {
        if (!FreeText.IsName(request.Name, Experiment.LongestName) || ExperimentReference.IdOf(request.Name) is not null)
        {
            return ExperimentRefusals.BadExperimentName();
        }

        if (request.Description is { Length: > Experiment.LongestText })
        {
            return ExperimentRefusals.BadDescription();
        }

        return AreTags(request.Tags) ? null : ExperimentRefusals.BadTags();
    }

    public static bool AreTags(IReadOnlyDictionary<string, string>? tags) =>
        tags is null || (tags.Count <= 100 && tags.All(t => FreeText.IsName(t.Key, RunKey.Longest) && t.Value is { Length: <= RunTag.Longest }));

    /// <summary>Adds it in somebody's unit and saves, so that it has its number.</summary>
    public async Task<Experiment> AddAsync(SlipwayDbContext unit, CreateExperimentRequest request, Actor by, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var experiment = new Experiment { ProjectId = Project.Default, Name = request.Name, CreatedById = by.UserId, CreatedBy = by.Name, CreatedAt = now };
        experiment.Change(null, request.Description, request.Tags, now);
        unit.Add(experiment);
        await unit.SaveChangesAsync(cancellationToken);
        audit.Record(unit, by, "experiment.created", "experiment", experiment.Name);
        unit.Changed("experiment", $"experiments/{experiment.WireId}");
        return experiment;
    }
}
