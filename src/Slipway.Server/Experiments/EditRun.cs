using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>What a person does to a run: names it, writes notes, deletes and restores it, lets it go on.</summary>
internal sealed class EditRun(Writes writes, AuditLog audit, FindRuns runs, TimeProvider time)
{
    /// <returns>The run as it now is, <c>invalid_field</c>, <c>run_not_found</c> or <c>stale_etag</c>.</returns>
    public async Task<Result<RunInfo>> UpdateAsync(string id, UpdateRunRequest request, string? ifMatch, Actor by, CancellationToken cancellationToken)
    {
        if (request.Name is { Length: > 0 } name && !FreeText.IsName(name, Experiment.LongestName))
        {
            return ExperimentRefusals.BadRunName();
        }

        if (request.Notes is { Length: > Run.LongestNotes })
        {
            return ExperimentRefusals.BadNotes();
        }

        return await RunAsync(
            id, by, "run.updated",
            run =>
            {
                if (ifMatch is not null && !Etag.Matches(ifMatch, run.Edit))
                {
                    return ExperimentRefusals.Stale();
                }

                run.Describe(request.Name, request.Notes);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Hides it; what it has logged stays, and restoring brings it back.</summary>
    public Task<Result<RunInfo>> DeleteAsync(string id, Actor by, CancellationToken cancellationToken) => RunAsync(
        id, by, "run.deleted",
        run =>
        {
            if (run.DeletedAt is not null)
            {
                return false;
            }

            run.Delete(time.GetUtcNow());
            return true;
        },
        cancellationToken);

    public Task<Result<RunInfo>> RestoreAsync(string id, Actor by, CancellationToken cancellationToken) => RunAsync(
        id, by, "run.restored",
        run =>
        {
            if (run.DeletedAt is null)
            {
                return false;
            }

            run.Restore();
            return true;
        },
        cancellationToken);

    /// <summary>A run that has ended runs again.</summary>
    public Task<Result<RunInfo>> ResumeAsync(string id, Actor by, CancellationToken cancellationToken) => RunAsync(
        id, by, "run.resumed",
        run =>
        {
            if (run.DeletedAt is not null)
            {
                return ExperimentRefusals.RunDeleted(id);
            }

            if (run.Status == RunStatus.Running)
            {
                return false;
            }

            run.Resume();
            return true;
        },
        cancellationToken);

    /// <param name="change">Whether it changed anything, or a refusal.</param>
    private async Task<Result<RunInfo>> RunAsync(string id, Actor by, string action, Func<Run, Result<bool>> change, CancellationToken cancellationToken)
    {
        var changed = await writes.RunAsync(
            async (db, token) =>
            {
                var run = await db.Set<Run>().SingleOrDefaultAsync(r => r.Id == id, token);
                if (run is null)
                {
                    return ExperimentRefusals.RunNotFound(id);
                }

                var result = change(run);
                if (result.Refusal is { } refusal)
                {
                    return refusal;
                }

                if (result.Value)
                {
                    audit.Record(db, by, action, "run", id);
                    db.Changed("run", $"runs/{id}");
                    if (run.ParentNumber is { } parent)
                    {
                        db.Outdated($"runs/{await db.Set<Run>().Where(r => r.Number == parent).Select(r => r.Id).SingleAsync(token)}");   // it counts those below it
                    }
                }

                return Result.Done;
            },
            cancellationToken);
        return changed.Refusal is { } no ? no : await runs.OneAsync(id, cancellationToken);
    }
}
