using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Slipway.Server.Platform;

/// <summary>
/// Holds the PostgreSQL database for this server alone, from before its tables are looked at until everything else has stopped: an advisory lock of a session of its own, which the
/// database frees when that session ends, however it ends. On SQLite the data folder is held instead (<see cref="DataFolder"/>).
/// </summary>
/// <remarks>
/// When the session is lost it is taken again. When another server was quicker, no unit of this one commits any more, because the other has raised the epoch (<see cref="Writes.FenceAt"/>);
/// this one stops, and <see cref="WhyStopped"/> says why. See docs/decisions/0015-one-server-per-database.md.
/// </remarks>
internal sealed partial class SoleServer : IHostedService, IAsyncDisposable
{
    /// <summary>How often it is asked whether the session lives, and how soon a lost lock is tried again.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryPace = TimeSpan.FromMilliseconds(250);

    private readonly HoldDatabase? hold;
    private readonly Database database;
    private readonly ServerOptions options;
    private readonly ServerEpoch epoch;
    private readonly IHostApplicationLifetime lifetime;
    private readonly TimeProvider time;
    private readonly ILogger<SoleServer> logger;
    private readonly CancellationTokenSource stopping = new();
    private Task watching = Task.CompletedTask;

    public SoleServer(
        Database database, IOptions<ServerOptions> options, ServerEpoch epoch, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SoleServer> logger)
    {
        (this.database, this.options, this.epoch, this.lifetime, this.time, this.logger) = (database, options.Value, epoch, lifetime, time, logger);
        hold = this.options.PostgreSql is { } connection ? new HoldDatabase(connection) : null;
    }

    /// <summary>The sentence for the operator when this server stopped itself; null: it did not.</summary>
    public string? WhyStopped { get; private set; }

    /// <exception cref="DatabaseInUseException">Another server holds the database.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (hold is null)
        {
            return;
        }

        var since = time.GetTimestamp();
        while (!await TakeOrMakeAsync(cancellationToken))
        {
            // A server that was killed a moment ago: the database has yet to see that its session ended.
            if (time.GetElapsedTime(since) >= options.DatabaseWait)
            {
                throw new DatabaseInUseException(hold.Name);
            }

            await Task.Delay(RetryPace, time, cancellationToken);
        }

        await hold.FenceOffAsync(cancellationToken);
        watching = Task.Run(WatchAsync, CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!stopping.IsCancellationRequested)
        {
            await stopping.CancelAsync();
        }

        await watching;
        await (hold?.ReleaseAsync() ?? ValueTask.CompletedTask);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        stopping.Dispose();
    }

    private async Task<bool> TakeOrMakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await hold!.TryTakeAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await using var db = database.Open();
            await ((RelationalDatabaseCreator)db.GetService<IDatabaseCreator>()).CreateAsync(cancellationToken);
            return await hold!.TryTakeAsync(cancellationToken);
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            do
            {
                await Task.Delay(Pace, time, stopping.Token);
            }
            while (await LookAsync());

            WhyStopped = $"Another Slipway server has taken the PostgreSQL database {hold!.Name} while this one had lost its connection to it, so this one has stopped. "
                + "Run one server on a database, and start this one again when the other is stopped.";
            LogTaken(hold.Name);
            lifetime.StopApplication();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    /// <returns>False: the database is another server's.</returns>
    private async Task<bool> LookAsync()
    {
        var mine = epoch.Current;   // before what is stored: it is raised there first
        var stored = await hold!.EpochAsync(stopping.Token);
        if (stored is null)
        {
            LogLost(hold.Name);
            if (await TakeAgainAsync() is not { } taken)
            {
                return true;   // again at the next tick
            }

            if (!taken)
            {
                return false;
            }

            LogHeldAgain(hold.Name);
            stored = await hold.EpochAsync(stopping.Token);
        }

        // The other may also have come and gone while we were away: then the lock was free, and the epoch is not ours.
        return mine == 0 || stored is null || stored == mine;
    }

    /// <returns>Null: the database does not answer.</returns>
    private async Task<bool?> TakeAgainAsync()
    {
        try
        {
            return await hold!.TryTakeAsync(stopping.Token);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The connection that holds the database {Database} for this server is lost; it is taken again as soon as the database answers")]
    private partial void LogLost(string database);

    [LoggerMessage(LogLevel.Information, "The database {Database} is held for this server again")]
    private partial void LogHeldAgain(string database);

    [LoggerMessage(LogLevel.Critical, "Another server has taken the database {Database}; this one stops")]
    private partial void LogTaken(string database);
}

/// <summary>The server cannot start, because another one uses the database. The message is for the operator.</summary>
internal sealed class DatabaseInUseException(string database)
    : Exception($"Another Slipway server is using the PostgreSQL database {database}. Stop it first, or name another database with --postgresql.");

/// <summary>Nothing may be written: a later server has taken the database.</summary>
internal sealed class DatabaseTakenException() : Exception("Another Slipway server has taken this server's database.");
