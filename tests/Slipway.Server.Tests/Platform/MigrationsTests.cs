using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

public sealed class MigrationsTests
{
    public static TheoryData<string> Databases => ["sqlite", "postgresql"];

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task The_migrations_make_exactly_the_tables_that_the_program_expects(string kind)
    {
        // Compared without a connection: "tools/add-migration NAME" writes what is missing.
        await using var db = Open(kind).Open();
        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-");
        var database = new SqliteDatabase(Path.Combine(folder.FullName, "slipway.db"));
        await database.MigrateAsync(CancellationToken.None);
        await using (var db = database.Open())
        {
            await db.Database.ExecuteSqlRawAsync("INSERT INTO __EFMigrationsHistory VALUES ('29991231000000_Later', '99')");
        }

        var refusal = await Assert.ThrowsAsync<NewerDatabaseException>(() => database.MigrateAsync(CancellationToken.None));
        Assert.Contains("29991231000000_Later", refusal.Message, StringComparison.Ordinal);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        folder.Delete(recursive: true);
    }

    private static Database Open(string kind) => kind == "sqlite" ? new SqliteDatabase("unused.db") : new PostgreSqlDatabase("Host=127.0.0.1");
}
