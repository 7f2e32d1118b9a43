using System.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Slipway.Server.Platform;

/// <summary>Opens contexts on the configured database.</summary>
internal abstract class Database
{
    public abstract string Kind { get; }

    /// <summary>What makes all queries of one transaction see the same commits, without holding up who writes.</summary>
    protected abstract IsolationLevel OfSnapshots { get; }

    /// <summary>A context for reading: nothing is tracked, nothing is written. Each query sees what is committed by then.</summary>
    public SlipwayDbContext Read()
    {
        var db = Open();
        db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        return db;
    }

    /// <summary>
    /// A context for reading whose queries all see the database as it is at the first of them: for whoever puts rows of several tables together, which one commit changes
    /// together. To be disposed soon: what is read is kept from being tidied.
    /// </summary>
    public async Task<SlipwayDbContext> SnapshotAsync(CancellationToken cancellationToken)
    {
        var db = Read();
        try
        {
            await db.Database.BeginTransactionAsync(OfSnapshots, cancellationToken);
            return db;
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    /// <summary>A context of its own connection.</summary>
    public abstract SlipwayDbContext Open();

    /// <summary>Brings the tables to this version; run once before the server listens.</summary>
    /// <exception cref="NewerDatabaseException">A newer version of the program has already changed the database.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var db = Open();
        var known = db.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var applied = (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal);
        if (applied.FirstOrDefault(migration => !known.Contains(migration)) is { } newer)
        {
            throw new NewerDatabaseException(newer);
        }

        if (known.Count > applied.Count)
        {
            await db.Database.MigrateAsync(cancellationToken);
        }

        await PrepareAsync(db, cancellationToken);
    }

    /// <summary>Whether the tables are those of this version.</summary>
    public async Task<bool> IsCurrentAsync(CancellationToken cancellationToken)
    {
        await using var db = Open();
        return (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal).SetEquals(db.Database.GetMigrations());
    }

    // Migrating would compare the whole model first, which costs a start more than all else; a test does that.
    protected static void Quickly(WarningsConfigurationBuilder warnings) => warnings.Ignore(RelationalEventId.PendingModelChangesWarning);

    protected virtual Task PrepareAsync(SlipwayDbContext db, CancellationToken cancellationToken) => Task.CompletedTask;
}

internal sealed class SqliteDatabase(string file) : Database
{
    private readonly DbContextOptions<SqliteSlipwayDbContext> options = new DbContextOptionsBuilder<SqliteSlipwayDbContext>()
        .UseSqlite($"Data Source={file};Foreign Keys=True;Default Timeout=5", sqlite => sqlite
            .MigrationsAssembly("Slipway.Migrations.Sqlite")
            .UseParameterizedCollectionMode(ParameterTranslationMode.Parameter))   // a list is one parameter: with one for each element the statement would be written anew each time
        .ConfigureWarnings(Quickly)
        .Options;

    public override string Kind => "sqlite";

    // In WAL mode every transaction reads a snapshot; this level is the one that the provider begins without taking the place of the writer (BEGIN DEFERRED).
    protected override IsolationLevel OfSnapshots => IsolationLevel.ReadUncommitted;

    public override SlipwayDbContext Open() => new SqliteSlipwayDbContext(options);

    // WAL is a property of the file; synchronous is FULL by default, so an acknowledged commit is on the disk.
    protected override Task PrepareAsync(SlipwayDbContext db, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellationToken);
}

internal sealed class PostgreSqlDatabase(string connectionString) : Database
{
    private readonly DbContextOptions<PostgreSqlSlipwayDbContext> options = new DbContextOptionsBuilder<PostgreSqlSlipwayDbContext>()
        .UseNpgsql(connectionString, npgsql => npgsql.MigrationsAssembly("Slipway.Migrations.PostgreSql"))
        .ConfigureWarnings(Quickly)
        .Options;

    public override string Kind => "postgresql";

    protected override IsolationLevel OfSnapshots => IsolationLevel.RepeatableRead;

    public override SlipwayDbContext Open() => new PostgreSqlSlipwayDbContext(options);
}

/// <summary>The server cannot start, because a newer version of it has changed the database. The message is for the operator.</summary>
internal sealed class NewerDatabaseException(string migration)
    : Exception($"The database was changed by a newer version of Slipway ({migration}). Start that version, or restore a backup.");
