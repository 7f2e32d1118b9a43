using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>The keys that runs of an experiment have logged, without reading all runs: each step of the query jumps to the next key of the index.</summary>
internal sealed class ReadColumns(Database database)
{
    private const int Most = 1000;

    /// <returns>The columns or <c>experiment_not_found</c>.</returns>
    public async Task<Result<ExperimentColumns>> RunAsync(string reference, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await db.Set<Experiment>().Named(reference).Select(e => (long?)e.Id).SingleOrDefaultAsync(cancellationToken) is not { } id)
        {
            return ExperimentRefusals.ExperimentNotFound(reference);
        }

        var metrics = await NamesAsync(db, "run_metrics", id, cancellationToken);
        var parameters = await NamesAsync(db, "run_parameters", id, cancellationToken);
        var tags = await NamesAsync(db, "run_tags", id, cancellationToken);
        var truncated = metrics.Count > Most || parameters.Count > Most || tags.Count > Most;
        return new ExperimentColumns([.. metrics.Take(Most)], [.. parameters.Take(Most)], [.. tags.Take(Most)], truncated);
    }

    private static async Task<List<string>> NamesAsync(SlipwayDbContext db, string table, long experiment, CancellationToken cancellationToken)
    {
        var sql =
            $$"""
            WITH RECURSIVE keys(id) AS (
                SELECT MIN(key_id) FROM {{table}} WHERE experiment_id = {0}
                UNION ALL
                SELECT (SELECT MIN(key_id) FROM {{table}} WHERE experiment_id = {0} AND key_id > keys.id) FROM keys WHERE keys.id IS NOT NULL)
            SELECT run_keys.name AS "Value" FROM keys JOIN run_keys ON run_keys.id = keys.id LIMIT {1}
            """;
        var names = await db.Database.SqlQueryRaw<string>(sql, experiment, Most + 1).ToListAsync(cancellationToken);
        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
