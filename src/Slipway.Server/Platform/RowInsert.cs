using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using SQLitePCL;

namespace Slipway.Server.Platform;

/// <summary>
/// Inserts rows of one table as the model maps them, without tracking them: for the few writes that come by the thousand. Numbers that the database gives stay
/// unknown, unless the rows bring them. Saving tracked rows costs the change tracker's work for each, and a statement that is parsed anew.
/// </summary>
/// <remarks>
/// PostgreSQL gets one statement for all rows: what costs there is the way to the server and back. SQLite gets the same prepared statement for row after row (<see cref="SqliteInsert"/>).
/// </remarks>
internal static class RowInsert
{
    private const int MostParameters = 30_000;
    private static readonly ConcurrentDictionary<(IModel Model, Type Type, bool Numbered), Table> Tables = new();
    private static readonly ConditionalWeakTable<sqlite3, Dictionary<Table, SqliteInsert>> Prepared = [];

    /// <param name="unit">A unit's context; the rows go with its transaction.</param>
    public static Task AddAsync<T>(SlipwayDbContext unit, IReadOnlyList<T> rows, CancellationToken cancellationToken)
        where T : class => AddAsync(unit, rows, numbered: false, cancellationToken);

    /// <summary>The same for rows whose numbers, which the database would give, are known.</summary>
    public static Task AddNumberedAsync<T>(SlipwayDbContext unit, IReadOnlyList<T> rows, CancellationToken cancellationToken)
        where T : class => AddAsync(unit, rows, numbered: true, cancellationToken);

    private static async Task AddAsync<T>(SlipwayDbContext unit, IReadOnlyList<T> rows, bool numbered, CancellationToken cancellationToken)
        where T : class
    {
        if (rows.Count == 0)
        {
            return;
        }

        var table = Tables.GetOrAdd((unit.Model, typeof(T), numbered), key => new Table(key.Model.FindEntityType(key.Type)!, key.Numbered));
        var transaction = unit.Database.CurrentTransaction!.GetDbTransaction();
        if (transaction is SqliteTransaction sqlite)
        {
            AddOneByOne(table, rows, sqlite);
            return;
        }

        foreach (var part in rows.Chunk(Math.Max(1, MostParameters / table.Columns.Count)))
        {
            await using var command = unit.Database.GetDbConnection().CreateCommand();
            command.Transaction = transaction;
            command.CommandText = table.Insert(part.Length);
            foreach (var row in part)
            {
                table.AddParameters(command, row);
            }

            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static void AddOneByOne<T>(Table table, IReadOnlyList<T> rows, SqliteTransaction transaction)
        where T : class
    {
        var connection = transaction.Connection!.Handle!;
        var prepared = Prepared.GetOrCreateValue(connection);
        if (!prepared.TryGetValue(table, out var insert))
        {
            prepared[table] = insert = new SqliteInsert(connection, table.Insert(1));
        }

        foreach (var row in rows)
        {
            table.Set(insert, row);
            insert.Run();
        }
    }

    private sealed class Table
    {
        private readonly string head;

        public Table(IEntityType type, bool numbered)
        {
            Columns = [.. type.GetFlattenedProperties().Where(p => numbered || p.ValueGenerated == ValueGenerated.Never).Select(p => new Column(p, p.GetRelationalTypeMapping()))];
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

        public void AddParameters(DbCommand command, object row)
        {
            foreach (var column in Columns)
            {
                command.Parameters.Add(column.Mapping.CreateParameter(command, $"p{command.Parameters.Count}", column.Of(row), column.Property.IsNullable));
            }
        }

        public void Set(SqliteInsert insert, object row)
        {
            for (var i = 0; i < Columns.Count; i++)
            {
                var value = Columns[i].Of(row);
                insert.Set(i + 1, Columns[i].Mapping.Converter is { } converter ? converter.ConvertToProvider(value) : value);
            }
        }
    }

    private sealed record Column(IProperty Property, RelationalTypeMapping Mapping)
    {
        private readonly IClrPropertyGetter getter = Property.GetGetter();

        public object? Of(object row) => getter.GetClrValueUsingContainingEntity(row);
    }
}
