using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Says what data a run was made with. The same again is fine; another path or digest under the same name is refused.</summary>
internal sealed class LogDataSet(Writes writes, TimeProvider time)
{
    /// <returns>The data set, <c>invalid_field</c>, <c>run_not_found</c>, <c>run_deleted</c> or <c>dataset_already_logged</c>.</returns>
    public async Task<Result<DataSetInfo>> RunAsync(string id, LogDataSetRequest request, CancellationToken cancellationToken)
    {
        if (!FreeText.IsName(request.Name, 250) || request.Path is null or { Length: 0 or > 2000 } || request.Path.Any(char.IsControl)
            || request.Digest is { Length: > 250 } || request.Description is { Length: > Experiment.LongestText })
        {
            return ExperimentRefusals.BadDataSet();
        }

        return await writes.RunAsync<DataSetInfo>(
            async (db, token) =>
            {
                var run = await db.Set<Run>().Where(r => r.Id == id).Select(r => new { r.Number, r.DeletedAt }).SingleOrDefaultAsync(token);
                if (run is null || run.DeletedAt is not null)
                {
                    return run is null ? ExperimentRefusals.RunNotFound(id) : ExperimentRefusals.RunDeleted(id);
                }

                var set = await db.Set<RunDataSet>().SingleOrDefaultAsync(d => d.RunNumber == run.Number && d.Name == request.Name, token);
                if (set is null)
                {
                    set = new RunDataSet { RunNumber = run.Number, Name = request.Name, Path = request.Path, Digest = request.Digest, LoggedAt = time.GetUtcNow() };
                    db.Add(set);
                }
                else if (set.Path != request.Path || set.Digest != request.Digest)
                {
                    return ExperimentRefusals.DataSetLogged(request.Name);
                }

                set.Description = request.Description ?? set.Description;
                db.Changed("run", $"runs/{id}");
                return new DataSetInfo(set.Name, set.Path, set.Digest, set.Description, set.LoggedAt);
            },
            cancellationToken);
    }
}
