using System.Collections.Concurrent;
using System.Data.Common;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Slipway.Server.Platform;

/// <summary>
/// Inserts rows of one table in one statement, as the model maps them, without tracking them: for the few writes that come by the thousand. Numbers that the database gives stay
/// unknown. Saving tracked rows costs a statement and the change tracker's work for each.
/// </summary>
internal static class RowInsert
{
    private const int MostParameters = 30_000;
    private static readonly ConcurrentDictionary<(IModel Model, Type Type), Table> Tables = new();

    /// <param name="unit">A unit's context; the rows go with its transaction.</param>
    public static async Task AddAsync<T>(SlipwayDbContext unit, IReadOnlyList<T> rows, CancellationToken cancellationToken)
        where T : class
    {
        var table = Tables.GetOrAdd((unit.Model, typeof(T)), key => new Table(key.Model.FindEntityType(key.Type)!));
        foreach (var part in rows.Chunk(Math.Max(1, MostParameters / table.Columns.Count)))
        {
            await using var command = unit.Database.GetDbConnection().CreateCommand();
            command.Transaction = unit.Database.CurrentTransaction!.GetDbTransaction();
            command.CommandText = table.Insert(part.Length);
            foreach (var row in part)
            {
                foreach (var column in table.Columns)
                {
                    command.Parameters.Add(column.Mapping.CreateParameter(command, $"p{command.Parameters.Count}", column.Property.GetGetter().GetClrValue(row), column.Property.IsNullable));
                }
            }

            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private sealed class Table
    {
        private readonly string head;

        public Table(IEntityType type)
        {
            Columns = [.. type.GetProperties().Where(p => p.ValueGenerated == ValueGenerated.Never).Select(p => new Column(p, p.GetRelationalTypeMapping()))];
            head = $"INSERT INTO \"{type.GetTableName()}\" ({string.Join(", ", Columns.Select(c => $"\"{c.Property.GetColumnName()}\""))}) VALUES ";
        }

        public IReadOnlyList<Column> Columns { get; }

        public string Insert(int rows)
        {
            var sql = new StringBuilder(head, head.Length + (rows * Columns.Count * 6));
            for (var i = 0; i < rows * Columns.Count; i++)
            {
                sql.Append(i % Columns.Count == 0 ? (i == 0 ? "(@p" : "), (@p") : ", @p").Append(i);
            }

            return sql.Append(')').ToString();
        }
    }

    private sealed record Column(IProperty Property, RelationalTypeMapping Mapping);
}
