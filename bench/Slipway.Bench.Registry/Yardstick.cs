using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Slipway.Bench.Registry;

/// <summary>What SQLite itself does on this disk: WAL, synchronous FULL, one connection.</summary>
internal static class Yardstick
{
    /// <returns>Durable commits of one row a second, and rows a second in commits of 500.</returns>
    public static (double Commits, double Rows) Measure(string folder, double seconds)
    {
        var file = Path.Combine(folder, $"yardstick-{Guid.NewGuid():N}.db");
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, run INTEGER, key INTEGER, step INTEGER, value INTEGER)");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO t (run, key, step, value) VALUES ($a, 1, 2, 3)";
        var value = insert.Parameters.AddWithValue("$a", 0L);
        var commits = Rate(1);
        return (commits, Rate(500));

        double Rate(int batch)
        {
            var clock = Stopwatch.StartNew();
            var count = 0L;
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                using var transaction = connection.BeginTransaction();
                insert.Transaction = transaction;
                for (var i = 0; i < batch; i++)
                {
                    value.Value = count++;
                    insert.ExecuteNonQuery();
                }

                transaction.Commit();
            }

            return count / clock.Elapsed.TotalSeconds;
        }

        void Execute(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
