using Microsoft.Data.Sqlite;
using Npgsql;

namespace Slipway.Server.Platform;

/// <summary>Faults of the machine below that a caller can do something about, told from defects of ours.</summary>
internal static class StorageFaults
{
    private const string StorageFull = "storage_full";
    private const int NoSpaceLeft = 28;   // errno ENOSPC
    private const int SqliteBusy = 5;
    private const int SqliteFull = 13;

    /// <summary>Nothing was stored, for want of room.</summary>
    public static bool IsFull(Exception exception) => RefusalOf(exception)?.Code == StorageFull;

    /// <summary>The refusal for a full disk, a full database or a database that does not answer; null: something else.</summary>
    public static Refusal? RefusalOf(Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: SqliteFull } or PostgresException { SqlState: PostgresErrorCodes.DiskFull } or IOException { HResult: NoSpaceLeft } =>
            new Refusal(507, StorageFull, "The server's disk is full, so nothing was stored. Free space on it and try again."),
        SqliteException { SqliteErrorCode: SqliteBusy } or PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } =>
            Refusal.Unavailable("database_busy", "The database is busy. Try again.", TimeSpan.FromSeconds(1)),
        NpgsqlException { InnerException: System.Net.Sockets.SocketException } or PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CannotConnectNow } =>
            Refusal.Unavailable("database_unavailable", "The database does not answer, so nothing was stored. Live endpoints go on; try again.", TimeSpan.FromSeconds(5)),
        DatabaseTakenException =>
            Refusal.Unavailable("database_taken", "Another Slipway server has taken this server's database, so nothing was stored. This server stops; ask the other one.", TimeSpan.FromSeconds(5)),
        { InnerException: { } inner } => RefusalOf(inner),
        _ => null,
    };
}
