using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Slipway.Server.Platform;

/// <summary>
/// SQL of our own on a unit, for the few questions and changes that come by the thousand: the way from a question of EF Core to its SQL, and from the row to a tracked object and back, costs many
/// times what SQLite needs to answer.
/// </summary>
/// <remarks>
/// SQLite's commands stay prepared on their connection, which is the writer's and stays open. On PostgreSQL what costs is the way to the server and back, so a question asks for many at a time
/// (<see cref="AnyOf"/>).
/// </remarks>
internal static class UnitSql
{
    private static readonly ConditionalWeakTable<DbConnection, Dictionary<string, DbCommand>> Prepared = [];

    /// <summary>The condition that a column is one of a list, which is one parameter: an array of texts or of numbers.</summary>
    public static string AnyOf(SlipwayDbContext unit, string column, string parameter) =>
        unit is SqliteSlipwayDbContext ? $"{column} IN (SELECT value FROM json_each({parameter}))" : $"{column} = ANY({parameter})";

    /// <param name="unit">A unit's context; the question goes with its transaction.</param>
    /// <param name="values">Parameters by their names in <paramref name="sql"/>.</param>
    /// <param name="row">Reads one row.</param>
    public static async Task<List<T>> ListAsync<T>(
        SlipwayDbContext unit, string sql, IReadOnlyList<(string Name, object Value)> values, Func<DbDataReader, T> row, CancellationToken cancellationToken)
    {
        var command = CommandOf(unit, sql, values);
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(row(reader));
            }

            return rows;
        }
        finally
        {
            await LeaveAsync(unit, command);
        }
    }

    /// <returns>How many rows it changed.</returns>
    public static async Task<int> ChangeAsync(SlipwayDbContext unit, string sql, IReadOnlyList<(string Name, object Value)> values, CancellationToken cancellationToken)
    {
        var command = CommandOf(unit, sql, values);
        try
        {
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
        finally
        {
            await LeaveAsync(unit, command);
        }
    }

    private static DbCommand CommandOf(SlipwayDbContext unit, string sql, IReadOnlyList<(string Name, object Value)> values)
    {
        var connection = unit.Database.GetDbConnection();
        var kept = unit is SqliteSlipwayDbContext ? Prepared.GetOrCreateValue(connection) : null;
        if (kept is null || !kept.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, _) in values)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                command.Parameters.Add(parameter);
            }

            kept?.Add(sql, command);
        }

        command.Transaction = unit.Database.CurrentTransaction!.GetDbTransaction();
        for (var i = 0; i < values.Count; i++)
        {
            command.Parameters[i].Value = kept is null ? values[i].Value : ForSqlite(values[i].Value);
        }

        return command;
    }

    private static ValueTask LeaveAsync(SlipwayDbContext unit, DbCommand command) => unit is SqliteSlipwayDbContext ? default : command.DisposeAsync();

    /// <summary>As SQLite's context stores it: instants as UTC ticks. A list is read by <c>json_each</c>.</summary>
    private static object ForSqlite(object value) => value switch
    {
        DateTimeOffset at => at.UtcTicks,
        string[] texts => new JsonArray([.. texts.Select(t => (JsonNode)t)]).ToJsonString(),
        long[] numbers => new JsonArray([.. numbers.Select(n => (JsonNode)n)]).ToJsonString(),
        _ => value,
    };
}
