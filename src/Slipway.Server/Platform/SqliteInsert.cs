using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Slipway.Server.Platform;

/// <summary>
/// An INSERT that SQLite keeps prepared on one connection. Parameters are set by their place: the provider's command looks each up by its name for every row, which costs more than
/// the row.
/// </summary>
internal sealed class SqliteInsert
{
    private readonly sqlite3 connection;
    private readonly sqlite3_stmt statement;

    public SqliteInsert(sqlite3 connection, string sql)
    {
        this.connection = connection;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(connection, sql, out statement), connection);
    }

    /// <param name="place">Counted from 1.</param>
    /// <param name="value">As the provider stores values of its type.</param>
    public void Set(int place, object? value) => SqliteException.ThrowExceptionForRC(
        value switch
        {
            null => raw.sqlite3_bind_null(statement, place),
            string text => raw.sqlite3_bind_text(statement, place, text),
            long number => raw.sqlite3_bind_int64(statement, place, number),
            int number => raw.sqlite3_bind_int64(statement, place, number),
            bool flag => raw.sqlite3_bind_int64(statement, place, flag ? 1 : 0),
            double number => raw.sqlite3_bind_double(statement, place, number),
            Guid id => raw.sqlite3_bind_text(statement, place, id.ToString().ToUpperInvariant()),
            byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(statement, place, 0),
            byte[] bytes => raw.sqlite3_bind_blob(statement, place, bytes),
            _ => throw new NotSupportedException($"Rows with a {value.GetType()} are not inserted this way."),
        },
        connection);

    /// <summary>Inserts the row that was set, in the connection's transaction.</summary>
    /// <exception cref="SqliteException">A rule of the table, or the disk, is against it.</exception>
    public void Run()
    {
        var result = raw.sqlite3_step(statement);
        try
        {
            SqliteException.ThrowExceptionForRC(result, connection);
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }
}
