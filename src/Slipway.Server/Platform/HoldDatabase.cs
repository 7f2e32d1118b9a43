using System.Data;
using Npgsql;

namespace Slipway.Server.Platform;

/// <summary>The session whose advisory lock says that a PostgreSQL database is one server's. Used by one at a time.</summary>
internal sealed class HoldDatabase
{
    /// <summary>"slipway" in ASCII; advisory locks belong to one database.</summary>
    internal const long Lock = 0x736c6970776179;

    /// <summary>Within this the database ends a session whose machine is gone, and we give up a question.</summary>
    private const int DeadAfterSeconds = 5;

    private readonly string connectionString;

    /// <summary>Names this server's sessions, so that one of its own that the database still takes for alive is not taken for another server's.</summary>
    private readonly string session = $"slipway-holder-{Guid.NewGuid():N}";
    private NpgsqlConnection? connection;

    public HoldDatabase(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false, ApplicationName = session, CommandTimeout = DeadAfterSeconds, Timeout = DeadAfterSeconds, CancellationTimeout = 1000, Multiplexing = false, Enlist = false,
        };
        Name = string.IsNullOrEmpty(builder.Database) ? builder.Username ?? "" : builder.Database;
        Name += string.IsNullOrEmpty(builder.Host) ? "" : $" at {builder.Host}";
        this.connectionString = builder.ConnectionString;
    }

    /// <summary>Database and host, for people.</summary>
    public string Name { get; }

    /// <returns>False: another server holds it.</returns>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses.</exception>
    public async Task<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        await ReleaseAsync();
        connection = new NpgsqlConnection(connectionString);
        var taken = false;
        try
        {
            await connection.OpenAsync(cancellationToken);
            await AskAsync($"SET tcp_keepalives_idle = {DeadAfterSeconds}; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; SET idle_session_timeout = 0; SELECT 1", cancellationToken);
            var take = $"SELECT pg_try_advisory_lock({Lock})";
            taken = await AskAsync(take, cancellationToken) is true || (await EndOwnAsync(cancellationToken) && await AskAsync(take, cancellationToken) is true);
            return taken;
        }
        finally
        {
            if (!taken)
            {
                await ReleaseAsync();
            }
        }
    }

    /// <summary>Raises the stored epoch, if there are tables: from its commit on, no unit of an earlier server commits (<see cref="Writes.FenceAt"/>).</summary>
    public async Task FenceOffAsync(CancellationToken cancellationToken)
    {
        if (await AskAsync("SELECT to_regclass('server_epoch') IS NOT NULL", cancellationToken) is true)
        {
            // As serializable as the units: else the database would not see that they conflict.
            await using var transaction = await connection!.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
            await AskAsync("UPDATE server_epoch SET epoch = epoch + 1", cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>The stored epoch, 0 while there are no tables yet; null: the session is lost, and the lock with it.</summary>
    public async Task<long?> EpochAsync(CancellationToken cancellationToken)
    {
        try
        {
            return connection is null ? null : await ServerEpoch.StoredAsync(connection, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return 0;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Ends the session, and with it the hold.</summary>
    public async ValueTask ReleaseAsync()
    {
        if (Interlocked.Exchange(ref connection, null) is { } held)
        {
            await held.DisposeAsync();
        }
    }

    /// <summary>Ends a session of ours that we have lost and the database still takes for alive.</summary>
    /// <returns>Whether there was one, and it is gone.</returns>
    private async Task<bool> EndOwnAsync(CancellationToken cancellationToken) => await AskAsync(
        $"SELECT bool_or(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity WHERE application_name = '{session}' AND pid <> pg_backend_pid()", cancellationToken) is true;

    private async Task<object?> AskAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
