using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Slipway.Server.Platform;
using Xunit;

namespace Slipway.Testing;

/// <summary>
/// A private PostgreSQL on a free loopback port, one for the test process, in a temporary folder that goes with it. Tests that need it are skipped, with the reason, where
/// PostgreSQL is not installed.
/// </summary>
internal sealed class PostgreSqlServer
{
    private const string Programs = "/usr/lib/postgresql/15/bin";

    /// <summary>Tests do without; who measures says <c>on</c>.</summary>
    private static readonly string Fsync = Environment.GetEnvironmentVariable("SLIPWAY_POSTGRESQL_FSYNC") ?? "off";
    private static readonly Lazy<Task<PostgreSqlServer>> Shared = new(StartAsync);
    private readonly int port;
    private readonly Lazy<Task<string>> template;

    private PostgreSqlServer(int port)
    {
        this.port = port;
        template = new(MakeTemplateAsync);
    }

    /// <summary>A new database on the shared server: the tables are there and empty.</summary>
    /// <returns>Its connection string.</returns>
    public static async Task<string> CreateDatabaseOrSkipAsync()
    {
        var server = await SharedOrSkipAsync();
        return await server.CreateAsync($" TEMPLATE {await server.template.Value}");
    }

    /// <summary>The same without tables, for the real program, which makes them.</summary>
    public static async Task<string> CreateEmptyDatabaseOrSkipAsync() => await (await SharedOrSkipAsync()).CreateAsync("");

    private static Task<PostgreSqlServer> SharedOrSkipAsync()
    {
        Assert.SkipUnless(File.Exists($"{Programs}/initdb"), "PostgreSQL 15 is not installed (package postgresql-15)");
        return Shared.Value;
    }

    private async Task<string> CreateAsync(string options)
    {
        var name = $"slipway_{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}{options}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    private async Task<string> MakeTemplateAsync()
    {
        var made = new NpgsqlConnectionStringBuilder(await CreateAsync("")) { Pooling = false };   // a connection that stays would keep it from being copied
        await new PostgreSqlDatabase(made.ConnectionString).MigrateAsync(CancellationToken.None);
        return made.Database!;
    }

    private static async Task<PostgreSqlServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-pg-").FullName;
        var free = FreePort();
        var data = Path.Combine(folder, "data");
        await RunAsync("chown", "-R", "postgres", folder);
        await AsPostgresAsync($"{Programs}/initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync");
        await AsPostgresAsync(
            $"{Programs}/pg_ctl", "-D", data, "-w", "-l", Path.Combine(folder, "log"), "-o", $"-p {free} -h 127.0.0.1 -k {folder} -c max_connections=800 -c fsync={Fsync}", "start");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            AsPostgresAsync($"{Programs}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop").GetAwaiter().GetResult();
            Directory.Delete(folder, recursive: true);
        };
        return new PostgreSqlServer(free);
    }

    // initdb refuses to run as root.
    private static Task AsPostgresAsync(params string[] command) =>
        Environment.UserName == "root" ? RunAsync(["runuser", "-u", "postgres", "--", .. command]) : RunAsync(command);

    private static async Task RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        // pg_ctl's server inherits the pipe, so its end is not waited for.
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={port};Username=postgres;Database={database};Maximum Pool Size=40;Connection Idle Lifetime=4;Connection Pruning Interval=2";
}
