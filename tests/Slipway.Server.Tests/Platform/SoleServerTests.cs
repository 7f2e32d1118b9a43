using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Platform;

/// <summary>A PostgreSQL database is one server's.</summary>
public sealed class SoleServerTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_second_server_on_the_same_database_is_refused_until_the_first_has_stopped()
    {
        var database = await PostgreSqlServer.CreateDatabaseOrSkipAsync();
        await using (await TestServer.StartAsync(postgreSql: database))
        {
            var refused = await Assert.ThrowsAsync<DatabaseInUseException>(() => TestServer.StartAsync(o => o.DatabaseWait = TimeSpan.Zero, postgreSql: database));
            Assert.StartsWith($"Another Slipway server is using the PostgreSQL database {new NpgsqlConnectionStringBuilder(database).Database} at 127.0.0.1. Stop it first,", refused.Message, StringComparison.Ordinal);
        }

        // A database that is not there yet is made, and held as well.
        var (first, missing) = (new HoldDatabase(database), new NpgsqlConnectionStringBuilder(database) { Database = $"slipway_{Guid.NewGuid():N}" }.ConnectionString);
        Assert.True(await first.TryTakeAsync(CancellationToken.None));
        await using var second = await TestServer.StartAsync(postgreSql: missing);
        Assert.False(await new HoldDatabase(missing).TryTakeAsync(CancellationToken.None));
        await first.ReleaseAsync();
    }

    [Fact]
    public async Task A_server_takes_a_lost_lock_again_and_stops_when_another_has_it()
    {
        var database = await PostgreSqlServer.CreateDatabaseOrSkipAsync();
        await using var server = await TestServer.StartAsync(postgreSql: database);
        await using var other = new NpgsqlConnection(database);
        await other.OpenAsync();

        // 1. The session is lost, and nobody else wants the database: another session of the same server holds it soon, and writes go on all the time.
        var before = await HolderAsync(other);
        await EndAsync(other, before!.Value);
        await UntilAsync(async () => await HolderAsync(other) is { } now && now != before);
        await (await server.Client.PostJsonAsync("/api/v1/models", """{"name":"kept"}""")).ShouldSucceedAsync();

        // 2. Somebody waits for the lock and has it in the moment in which the session ends; like a server that starts, it raises the epoch.
        await using var successor = new NpgsqlConnection(database);
        await successor.OpenAsync();
        await using var take = new NpgsqlCommand($"SELECT pg_advisory_lock({HoldDatabase.Lock})", successor);
        var taken = take.ExecuteNonQueryAsync();
        await UntilAsync(async () => await ScalarAsync(other, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") is > 0L);
        await EndAsync(other, (await HolderAsync(other))!.Value);
        await taken;
        await ScalarAsync(successor, "UPDATE server_epoch SET epoch = epoch + 1");
        await (await server.Client.PostJsonAsync("/api/v1/models", """{"name":"lost"}""")).ShouldRefuseAsync(503, "database_taken");
        Assert.Equal(0L, await ScalarAsync(other, "SELECT count(*) FROM models WHERE name = 'lost'"));

        var stopped = new TaskCompletionSource();
        await using var told = server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopped.SetResult);
        await stopped.Task.WaitAsync(Bound);
        Assert.Contains("Another Slipway server has taken the PostgreSQL database", server.Services.GetRequiredService<SoleServer>().WhyStopped, StringComparison.Ordinal);
        await ScalarAsync(successor, "UPDATE server_epoch SET epoch = epoch - 1");   // the program ends here; the host of a test stops in order
    }

    /// <summary>Process id of the session that holds the lock; null: none does.</summary>
    private static async Task<int?> HolderAsync(NpgsqlConnection connection) => await ScalarAsync(
        connection, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1") as int?;

    private static async Task EndAsync(NpgsqlConnection connection, int session) => await ScalarAsync(connection, $"SELECT pg_terminate_backend({session})");

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!await holds())
        {
            await Task.Delay(50, bound.Token);
        }
    }
}
