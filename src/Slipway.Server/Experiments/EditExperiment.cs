using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Changes an experiment in place: name, description, tags, status; archives and restores it.</summary>
internal sealed class EditExperiment(Writes writes, AuditLog audit, FindExperiments experiments, TimeProvider time)
{
    /// <returns>The experiment as it now is, <c>invalid_field</c>, <c>experiment_not_found</c>, <c>experiment_already_exists</c> or <c>stale_etag</c>.</returns>
    public async Task<Result<ExperimentInfo>> UpdateAsync(string reference, UpdateExperimentRequest request, string? ifMatch, Actor by, CancellationToken cancellationToken)
    {
        if (CreateExperiment.Check(new CreateExperimentRequest(request.Name ?? "unchanged", request.Description, request.Tags)) is { } refusal)
        {
            return refusal;
        }

        ExperimentStatus? status = request.Status?.ToUpperInvariant() switch { "ACTIVE" => ExperimentStatus.Active, "COMPLETED" => ExperimentStatus.Completed, _ => null };
        if (request.Status is not null && status is null)
        {
            return ExperimentRefusals.BadExperimentStatus();
        }

        return await RunAsync(
            reference, by, "experiment.updated",
            async (db, experiment, now, token) =>
            {
                if (ifMatch is not null && !Etag.Matches(ifMatch, experiment.Edit))
                {
                    return ExperimentRefusals.Stale();
                }

                if (request.Name is { } name && name != experiment.Name && await db.Set<Experiment>().AnyAsync(e => e.ProjectId == experiment.ProjectId && e.Name == name, token))
                {
                    return ExperimentRefusals.ExperimentExists(name);
                }

                if (status is { } wanted && experiment.Status == ExperimentStatus.Archived)
                {
                    return ExperimentRefusals.ExperimentArchived(experiment.Name);
                }

                experiment.Change(request.Name, request.Description, request.Tags, now);
                if (status is { } other)
                {
                    experiment.Become(other, now);
                }

                return Result.Done;
            },
            cancellationToken);
    }

    /// <summary>Hides it from lists; it takes no new runs. Archived already: nothing changes.</summary>
    public Task<Result<ExperimentInfo>> ArchiveAsync(string reference, Actor by, CancellationToken cancellationToken) => RunAsync(
        reference, by, "experiment.archived",
        (_, experiment, now, _) =>
        {
            if (experiment.Status != ExperimentStatus.Archived)
            {
                experiment.Become(ExperimentStatus.Archived, now);
            }

            return Task.FromResult(Result.Done);
        },
        cancellationToken);

    /// <summary>Takes it back out of the archive, as Active.</summary>
    public Task<Result<ExperimentInfo>> RestoreAsync(string reference, Actor by, CancellationToken cancellationToken) => RunAsync(
        reference, by, "experiment.restored",
        (_, experiment, now, _) =>
        {
            if (experiment.Status == ExperimentStatus.Archived)
            {
                experiment.Become(ExperimentStatus.Active, now);
            }

            return Task.FromResult(Result.Done);
        },
        cancellationToken);

    private async Task<Result<ExperimentInfo>> RunAsync(
        string reference, Actor by, string action, Func<SlipwayDbContext, Experiment, DateTimeOffset, CancellationToken, Task<Result>> change, CancellationToken cancellationToken)
    {
        var changed = await writes.RunAsync<long>(
            async (db, token) =>
            {
                var experiment = await db.Set<Experiment>().Include(e => e.Tags).Named(reference).SingleOrDefaultAsync(token);
                if (experiment is null)
                {
                    return ExperimentRefusals.ExperimentNotFound(reference);
                }

                var (before, edit) = (Audited(experiment), experiment.Edit);
                if ((await change(db, experiment, time.GetUtcNow(), token)).Refusal is { } refusal)
                {
                    return refusal;
                }

                if (experiment.Edit != edit)
                {
                    audit.Record(db, by, action, "experiment", experiment.Name, before, Audited(experiment));
                    db.Changed("experiment", $"experiments/{experiment.WireId}");
                    db.Outdated("");   // its runs say its name
                }

                return experiment.Id;
            },
            cancellationToken);
        return changed.Refusal is { } no ? no : await experiments.OneAsync(changed.Value, cancellationToken);
    }

    private static string Audited(Experiment experiment) => JsonSerializer.Serialize(
        new Dictionary<string, string>
        {
            ["name"] = experiment.Name, ["status"] = experiment.Status.ToString(), ["description"] = LoggedText.StartOf(experiment.Description ?? ""),
            ["tags"] = string.Join(", ", experiment.Tags.Select(t => t.Key).Order(StringComparer.Ordinal)),
        },
        ContractsJson.Default.DictionaryStringString);
}
