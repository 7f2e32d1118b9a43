using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Slipway.Server.History.Store;

/// <summary>One partition file: its table of labels, its predictions in blocks, and, in the newest one, the journal position and the open predictions.</summary>
/// <param name="info">What is known of its content; replaced after each batch.</param>
internal sealed class SqlitePartition(string path, Partition info, ImmutableArray<RouteLabel> routes)
{
    /// <summary>What a file that is written to has: 1 had a row for each prediction, 2 no packed blocks.</summary>
    public const long Format = 3;

    private const long OldestFormat = 2;

    /// <summary>In the words of the partial indexes: what went well and live is most of everything, and a question for the rest must not walk past it.</summary>
    public static readonly string NotOkTerm = $"marks & {BlockMarks.NotOk} <> 0";

    /// <inheritdoc cref="NotOkTerm"/>
    public static readonly string NotLiveTerm = $"marks & {BlockMarks.NotLive} <> 0";

    private static readonly string Schema = $"""
        CREATE TABLE partition (
            number INTEGER NOT NULL, day TEXT NOT NULL, journal BLOB NOT NULL, segment INTEGER NOT NULL, position INTEGER NOT NULL, batch INTEGER NOT NULL,
            sequence INTEGER NOT NULL, first_id BLOB, last_id BLOB, first_sequence INTEGER NOT NULL, rows INTEGER NOT NULL);
        CREATE TABLE routes (route_id INTEGER PRIMARY KEY, label BLOB NOT NULL);
        CREATE TABLE blocks (
            first_sequence INTEGER PRIMARY KEY, route_id INTEGER NOT NULL, first_id BLOB NOT NULL, last_id BLOB NOT NULL, marks INTEGER NOT NULL, heads BLOB NOT NULL,
            details BLOB NOT NULL, bodies BLOB NOT NULL);
        CREATE INDEX blocks_by_route ON blocks (route_id, last_id, first_id, marks);
        CREATE INDEX blocks_not_ok ON blocks (route_id, last_id, first_id, marks) WHERE {NotOkTerm};
        CREATE INDEX blocks_not_live ON blocks (route_id, last_id, first_id, marks) WHERE {NotLiveTerm};
        CREATE TABLE open (id BLOB PRIMARY KEY, run BLOB NOT NULL, label BLOB NOT NULL, record BLOB NOT NULL) WITHOUT ROWID;
        """;

    public string Path => path;

    public Partition Info { get; set; } = info;

    /// <summary>Labels by route id minus one.</summary>
    public ImmutableArray<RouteLabel> Routes { get; set; } = routes;

    /// <summary>Makes the file. The first transaction brings schema, position and the open predictions of the partition before it: without it the file is nothing.</summary>
    public static SqlitePartition Create(string folder, long number, DateOnly day, Guid journal, JournalPosition position, long batch, long sequence, SqlitePartition? previous)
    {
        var path = System.IO.Path.Combine(folder, $"{number:d8}-{day.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}.db");
        Delete(path);
        using var connection = Connect(path, SqliteOpenMode.ReadWriteCreate, pooling: false);
        Execute(connection, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        if (previous is not null)
        {
            using var attach = connection.CreateCommand();
            attach.CommandText = "ATTACH DATABASE $path AS previous";
            attach.Parameters.AddWithValue("$path", previous.Path);
            attach.ExecuteNonQuery();
        }

        using (var transaction = connection.BeginTransaction())
        {
            Execute(connection, Schema, transaction);
            Execute(connection, $"PRAGMA user_version = {Format}", transaction);
            if (previous is not null)
            {
                Execute(connection, "INSERT INTO main.open SELECT * FROM previous.open", transaction);
            }

            using var insert = connection.CreateCommand();
            insert.Transaction = transaction;
            insert.CommandText = "INSERT INTO partition VALUES ($number, $day, $journal, $segment, $position, $batch, $sequence, NULL, NULL, $sequence + 1, 0)";
            insert.Parameters.AddWithValue("$number", number);
            insert.Parameters.AddWithValue("$day", day.ToString("O", CultureInfo.InvariantCulture));
            insert.Parameters.AddWithValue("$journal", journal.ToByteArray());
            insert.Parameters.AddWithValue("$segment", position.Segment);
            insert.Parameters.AddWithValue("$position", position.Offset);
            insert.Parameters.AddWithValue("$batch", batch);
            insert.Parameters.AddWithValue("$sequence", sequence);
            insert.ExecuteNonQuery();
            transaction.Commit();
        }

        return new SqlitePartition(path, new Partition(number, day, null, null, sequence + 1, sequence, 0, 0), []);
    }

    /// <summary>Reads what a file holds; null when its first transaction never happened.</summary>
    public static (SqlitePartition Partition, Guid Journal, JournalPosition Position, long Batch)? Open(string path)
    {
        using var connection = Connect(path, SqliteOpenMode.ReadWrite, pooling: false);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = 'partition'";
        if ((long)command.ExecuteScalar()! == 0)
        {
            return null;
        }

        command.CommandText = "PRAGMA user_version";
        if ((long)command.ExecuteScalar()! is var format and (< OldestFormat or > Format))
        {
            throw new InvalidDataException($"{path} holds predictions in format {format}, and this server reads formats {OldestFormat} to {Format}. Move the folder 'history' away to start a new one.");
        }

        command.CommandText = "SELECT label FROM routes ORDER BY route_id";
        var routes = ImmutableArray.CreateBuilder<RouteLabel>();
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                routes.Add(JournalLayout.DecodeLabel((byte[])reader[0]));
            }
        }

        command.CommandText = "SELECT number, day, journal, segment, position, batch, sequence, first_id, last_id, first_sequence, rows FROM partition";
        using (var row = command.ExecuteReader())
        {
            row.Read();
            var info = new Partition(
                row.GetInt64(0), DateOnly.ParseExact(row.GetString(1), "O", CultureInfo.InvariantCulture), IdOf(row, 7), IdOf(row, 8), row.GetInt64(9), row.GetInt64(6),
                row.GetInt64(10), new FileInfo(path).Length);
            return (new SqlitePartition(path, info, routes.ToImmutable()), new Guid((byte[])row[2]), new JournalPosition(row.GetInt64(3), row.GetInt64(4)), row.GetInt64(5));
        }

        static Guid? IdOf(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : new Guid((byte[])row[column], bigEndian: true);
    }

    public string ReadText => Text(path, SqliteOpenMode.ReadOnly, pooling: true);

    /// <summary>A pooled connection for questions.</summary>
    public SqliteConnection Read() => Connect(path, SqliteOpenMode.ReadOnly, pooling: true);

    public SqliteConnection Write() => Connect(path, SqliteOpenMode.ReadWrite, pooling: false);

    public IReadOnlyList<OpenPrediction> ReadOpen()
    {
        using var connection = Read();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, run, label, iif(length(record) <= $kept, record, NULL) FROM open ORDER BY id";
        command.Parameters.AddWithValue("$kept", OpenPrediction.KeptBytes);
        using var reader = command.ExecuteReader();
        var open = new List<OpenPrediction>();
        while (reader.Read())
        {
            open.Add(new OpenPrediction(
                new Guid((byte[])reader[0], bigEndian: true), new Guid((byte[])reader[1]), JournalLayout.DecodeLabel((byte[])reader[2]),
                reader.IsDBNull(3) ? null : (byte[])reader[3]));
        }

        return open;
    }

    public byte[] ReadOpen(Guid id)
    {
        using var connection = Read();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT record FROM open WHERE id = $id";
        command.Parameters.AddWithValue("$id", id.ToByteArray(bigEndian: true));
        return (byte[])command.ExecuteScalar()!;
    }

    public void Delete()
    {
        using (var connection = new SqliteConnection(ReadText))
        {
            SqliteConnection.ClearPool(connection);
        }

        Delete(path);
    }

    public static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void Delete(string path)
    {
        foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
        {
            File.Delete(file);
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode, bool pooling)
    {
        var connection = new SqliteConnection(Text(path, mode, pooling));
        connection.Open();
        return connection;
    }

    private static string Text(string path, SqliteOpenMode mode, bool pooling) =>
        new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = pooling, DefaultTimeout = 5 }.ToString();
}
