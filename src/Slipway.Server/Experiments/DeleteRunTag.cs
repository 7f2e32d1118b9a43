using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Takes a tag away from a run.</summary>
internal sealed class DeleteRunTag(Writes writes)
{
    /// <returns>Done, <c>run_not_found</c> or <c>tag_not_found</c>.</returns>
    public Task<Result> RunAsync(string id, string key, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            if (await db.Set<Run>().Where(r => r.Id == id).Select(r => (long?)r.Number).SingleOrDefaultAsync(token) is not { } number)
            {
                return ExperimentRefusals.RunNotFound(id);
            }

            var tag = await db.Set<RunTag>().SingleOrDefaultAsync(t => t.RunNumber == number && db.Set<RunKey>().Any(k => k.Id == t.KeyId && k.Name == key), token);
            if (tag is null)
            {
                return ExperimentRefusals.TagNotFound(key);
            }

            db.Remove(tag);
            db.Changed("run", $"runs/{id}");
            return Result.Done;
        },
        cancellationToken);
}
