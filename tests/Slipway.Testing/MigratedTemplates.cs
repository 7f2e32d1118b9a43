using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Testing;

/// <summary>
/// Databases that have the tables and nothing in them, made once for the test process by the same migrations as everywhere: a test's server starts on a copy, and finds nothing left to migrate.
/// </summary>
internal static class MigratedTemplates
{
    private static readonly Lazy<Task<byte[]>> Sqlite = new(MakeSqliteAsync);

    /// <summary>Puts a migrated <c>slipway.db</c> into a new data folder.</summary>
    public static async Task CopySqliteAsync(string dataFolder) => await File.WriteAllBytesAsync(Path.Combine(dataFolder, "slipway.db"), await Sqlite.Value);

    private static async Task<byte[]> MakeSqliteAsync()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-template-");
        var file = Path.Combine(folder.FullName, "slipway.db");
        var database = new SqliteDatabase(file);
        await database.MigrateAsync(CancellationToken.None);
        await using (var db = database.Open())
        {
            // The last connection that closes writes what is in the log into the file.
            await db.Database.OpenConnectionAsync();
            SqliteConnection.ClearPool((SqliteConnection)db.Database.GetDbConnection());
        }

        if (File.Exists(file + "-wal"))
        {
            throw new InvalidOperationException("The template is not whole: its log is still there.");
        }

        var content = await File.ReadAllBytesAsync(file);
        folder.Delete(recursive: true);
        return content;
    }
}
