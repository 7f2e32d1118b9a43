using Microsoft.Data.Sqlite;
using Slipway.Server.Platform;
using SQLitePCL;

namespace Slipway.Server.History.Store;

/// <summary>
/// Appends batches to one partition through SQLite's own interface: parameters are bound without boxing. One thread at a time.
/// </summary>
/// <remarks>
/// WAL with synchronous NORMAL: a commit survives the process, and power loss takes at most whole batches together with the position that they moved. The
/// journal gives a segment back only after <see cref="Sync"/>, so what power took is read again.
/// </remarks>
internal sealed class SqlitePartitionWriter : IDisposable
{
    private const int BlocksBeforeNextTry = 15;
    private readonly SqlitePartition partition;
    private readonly SqliteConnection connection;
    private readonly sqlite3 db;
    private readonly sqlite3_stmt insertBlock;
    private readonly sqlite3_stmt insertRoute;
    private readonly sqlite3_stmt insertOpen;
    private readonly sqlite3_stmt deleteOpen;
    private readonly sqlite3_stmt move;
    private readonly sqlite3_stmt pages;
    private readonly PredictionBlock block = new();
    private readonly Dictionary<RouteLabel, int> routes;
    private readonly Dictionary<int, int> unpacked = []; // blocks that a route's bodies, which packing does not make smaller, are stored as they are before the next try
    private (RouteLabel? Label, int Number) lastRoute; // most rows name the route of the row before, by the same instance

    public SqlitePartitionWriter(SqlitePartition partition)
    {
        this.partition = partition;
        connection = partition.Write();
        SqlitePartition.Execute(connection, $"PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -8000; PRAGMA user_version = {SqlitePartition.Format}");
        db = connection.Handle!;
        insertBlock = Prepare("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        insertRoute = Prepare("INSERT INTO routes VALUES (?, ?)");
        insertOpen = Prepare("INSERT INTO open VALUES (?, ?, ?, ?)");
        deleteOpen = Prepare("DELETE FROM open WHERE id = ?");
        move = Prepare("UPDATE partition SET segment = ?, position = ?, batch = ?, sequence = ?, first_id = ?, last_id = ?, first_sequence = ?, rows = ? WHERE batch = ? - 1");
        pages = Prepare("PRAGMA page_count");
        routes = partition.Routes.Select((route, index) => (route, index)).ToDictionary(r => r.route, r => r.index + 1);
    }

    /// <param name="firstSequence">Of the batch's first row.</param>
    public void Append(StoreBatch batch, long firstSequence)
    {
        var known = partition.Routes;
        SqlitePartition.Execute(connection, "BEGIN IMMEDIATE");
        try
        {
            var added = new List<RouteLabel>();
            var info = partition.Info.With(batch, firstSequence, 0);
            if (Move(batch, info))
            {
                Write(batch, firstSequence, added);
                info = info with { Bytes = 8192L * PageCount() };
                partition.Routes = known.AddRange(added);   // before others can read rows that name them
                Failpoints.Pass("history.before_commit");
                SqlitePartition.Execute(connection, "COMMIT");
                Failpoints.Pass("history.after_commit");
                partition.Info = info;
            }
            else
            {
                SqlitePartition.Execute(connection, "ROLLBACK");   // stored already
            }
        }
        catch
        {
            partition.Routes = known;
            lastRoute = default;
            foreach (var route in routes.Where(r => r.Value > known.Length).Select(r => r.Key).ToList())
            {
                routes.Remove(route);
            }

            if (raw.sqlite3_get_autocommit(db) == 0)
            {
                SqlitePartition.Execute(connection, "ROLLBACK");
            }

            throw;
        }
    }

    /// <summary>All committed batches are on the disk when it returns: the write-ahead log is what holds those that no checkpoint has synced.</summary>
    public void Sync()
    {
        if (File.Exists(partition.Path + "-wal"))
        {
            using var log = File.OpenHandle(partition.Path + "-wal", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.FlushToDisk(log);
        }
    }

    /// <summary>Brings all into the main file, synced.</summary>
    public void Dispose()
    {
        foreach (var statement in (sqlite3_stmt[])[insertBlock, insertRoute, insertOpen, deleteOpen, move, pages])
        {
            statement.Dispose();
        }

        SqlitePartition.Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        connection.Dispose();
    }

    private bool Move(StoreBatch batch, Partition info)
    {
        raw.sqlite3_bind_int64(move, 1, batch.Position.Segment);
        raw.sqlite3_bind_int64(move, 2, batch.Position.Offset);
        raw.sqlite3_bind_int64(move, 3, batch.Number);
        raw.sqlite3_bind_int64(move, 4, info.LastSequence);
        BindId(move, 5, info.FirstId);
        BindId(move, 6, info.LastId);
        raw.sqlite3_bind_int64(move, 7, info.FirstSequence);
        raw.sqlite3_bind_int64(move, 8, info.Rows);
        raw.sqlite3_bind_int64(move, 9, batch.Number);
        Run(move);
        return raw.sqlite3_changes(db) == 1;
    }

    private void Write(StoreBatch batch, long firstSequence, List<RouteLabel> added)
    {
        var rows = batch.RowSpan;
        for (var start = 0; start < rows.Length; start += block.Rows)
        {
            var route = rows[start].Route;
            block.Clear();
            for (var i = start; i < rows.Length && !block.IsFull && ReferenceEquals(rows[i].Route, route); i++)
            {
                block.Add(batch, rows[i]);
            }

            var number = RouteOf(route, added);
            Pack(number);
            raw.sqlite3_bind_int64(insertBlock, 1, firstSequence + start);
            raw.sqlite3_bind_int64(insertBlock, 2, number);
            BindId(insertBlock, 3, block.FirstId);
            BindId(insertBlock, 4, block.LastId);
            raw.sqlite3_bind_int64(insertBlock, 5, block.Marks);
            raw.sqlite3_bind_blob(insertBlock, 6, block.Heads);
            raw.sqlite3_bind_blob(insertBlock, 7, block.Details);
            raw.sqlite3_bind_blob(insertBlock, 8, block.Bodies);
            Run(insertBlock);
        }

        foreach (var closed in batch.Closed)
        {
            BindId(deleteOpen, 1, closed);
            Run(deleteOpen);
        }

        foreach (var (open, record) in batch.Opened)
        {
            BindId(insertOpen, 1, open.Id);
            raw.sqlite3_bind_blob(insertOpen, 2, open.Run.ToByteArray());
            raw.sqlite3_bind_blob(insertOpen, 3, JournalLayout.Encode(open.Route));
            raw.sqlite3_bind_blob(insertOpen, 4, record);
            Run(insertOpen);
        }
    }

    private void Pack(int route)
    {
        if (unpacked.TryGetValue(route, out var left) && left > 0)
        {
            unpacked[route] = left - 1;
        }
        else if (!block.TryPack())
        {
            unpacked[route] = BlocksBeforeNextTry;
        }
    }

    private int RouteOf(RouteLabel label, List<RouteLabel> added)
    {
        if (ReferenceEquals(label, lastRoute.Label))
        {
            return lastRoute.Number;
        }

        if (routes.TryGetValue(label, out var number))
        {
            lastRoute = (label, number);
            return number;
        }

        number = routes.Count + 1;
        raw.sqlite3_bind_int(insertRoute, 1, number);
        raw.sqlite3_bind_blob(insertRoute, 2, JournalLayout.Encode(label));
        Run(insertRoute);
        routes.Add(label, number);
        added.Add(label);
        return number;
    }

    private long PageCount()
    {
        raw.sqlite3_step(pages);
        var count = raw.sqlite3_column_int64(pages, 0);
        raw.sqlite3_reset(pages);
        return count;
    }

    private static void BindId(sqlite3_stmt statement, int index, Guid? id)
    {
        if (id is { } value)
        {
            Span<byte> bytes = stackalloc byte[16];
            value.TryWriteBytes(bytes, bigEndian: true, out _);
            raw.sqlite3_bind_blob(statement, index, bytes);
        }
        else
        {
            raw.sqlite3_bind_null(statement, index);
        }
    }

    private sqlite3_stmt Prepare(string sql)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v3(db, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement), db);
        return statement;
    }

    private void Run(sqlite3_stmt statement)
    {
        var code = raw.sqlite3_step(statement);
        var reset = raw.sqlite3_reset(statement);
        if (code != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(reset == raw.SQLITE_OK ? code : reset, db);
        }
    }
}
