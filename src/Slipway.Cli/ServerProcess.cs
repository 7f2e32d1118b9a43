using System.Collections;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Slipway.Contracts;
using Slipway.Server;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;
using Slipway.Server.Status;

namespace Slipway.Cli;

/// <summary>The server inside this program: the only file of the command line that knows it.</summary>
internal static class ServerProcess
{
    private static readonly (string Name, string Value)[] RuntimeSettings =
    [
        ("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1"), // completions run on the thread that polls: a third of the gateway's cost per request
        ("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0"), // a pool thread without work sleeps at once: it would spin on the core that serves requests
    ];

    /// <summary>Where data lives when nobody says otherwise. Root's own home is closed to the users that replicas run as.</summary>
    public static string DefaultDataFolder =>
        Environment.GetEnvironmentVariable("SLIPWAY_DATA") is { Length: > 0 } configured ? configured
        : Environment.UserName == "root" ? "/var/lib/slipway"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "slipway");

    /// <summary>
    /// The runtime reads some settings only when it starts, so the program replaces itself once with those that the environment does not name yet. The process keeps its id.
    /// </summary>
    public static void RestartWithRuntimeSettings()
    {
        var missing = RuntimeSettings.Where(s => Environment.GetEnvironmentVariable(s.Name) is null).ToList();
        if (!OperatingSystem.IsLinux() || missing.Count == 0)
        {
            return;
        }

        var arguments = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}").Concat(missing.Select(s => $"{s.Name}={s.Value}"));
        _ = Execve("/proc/self/exe", [.. arguments, null], [.. environment, null]);
    }

    /// <summary>Runs the server until it is told to stop.</summary>
    /// <param name="log">Least level of the server's own log lines, which go to standard error.</param>
    /// <param name="afterStart">Runs once it answers, with its address.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        string dataFolder, string listen, int port, string? postgreSql, LogLevel log, Func<Uri, CancellationToken, Task> afterStart, CancellationToken cancellationToken)
    {
        using var folder = Take(dataFolder);

        if (!IPAddress.TryParse(listen, out _))
        {
            throw new CliException(ExitCode.Usage, $"{listen} is not an address to listen on. Use an IP address, such as 127.0.0.1 or 0.0.0.0.");
        }

        await using var app = Create(folder.Path, listen, port, postgreSql, log);
        await StartAsync(app, listen, port, cancellationToken);
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        folder.Announce(address.ToString().TrimEnd('/'));

        var stopping = app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        try
        {
            await afterStart(address, either.Token);
            await Task.Delay(Timeout.Infinite, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
        }
        finally
        {
            await StopAsync(app);
        }

        return ExitCode.Done;
    }

    /// <summary>Verifies the data folder of a server that does not run. Nothing is started, and nothing is written.</summary>
    public static async Task<VerifyReport> VerifyAsync(string dataFolder, string? postgreSql, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.Combine(dataFolder, "artifacts")))
        {
            throw new CliException(ExitCode.NotFound, $"{dataFolder} is not the data folder of a server.");
        }

        using var folder = Take(dataFolder);
        await using var app = Create(folder.Path, "127.0.0.1", 0, postgreSql, LogLevel.Warning);
        try
        {
            if (!await app.Services.GetRequiredService<Database>().IsCurrentAsync(cancellationToken))
            {
                throw new CliException(ExitCode.Failed, "The database is of another version of Slipway. Start the server once, and then verify.");
            }

            await app.Services.GetRequiredService<MasterKey>().LoadAsync(cancellationToken);
            return await app.Services.GetRequiredService<VerifyServer>().RunAsync(cancellationToken);
        }
        catch (Exception exception) when (WhyNotStarted(exception, "127.0.0.1", 0) is { } why)
        {
            throw new CliException(ExitCode.Failed, why);
        }
    }

    private static DataFolder Take(string dataFolder)
    {
        try
        {
            return DataFolder.TryTake(dataFolder)
                ?? throw new CliException(ExitCode.Failed, $"Another server is using {dataFolder}. Stop it first, or name another folder with --data.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"The data folder cannot be used: {exception.Message} Name another with --data.");
        }
    }

    private static WebApplication Create(string dataFolder, string listen, int port, string? postgreSql, LogLevel log)
    {
        try
        {
            return SlipwayServer.Create(
                options =>
                {
                    options.DataFolder = dataFolder;
                    options.Listen = listen;
                    options.Port = port;
                    options.PostgreSql = postgreSql ?? options.PostgreSql;
                    options.RunnerFolder ??= ProgramFolder.Find("runtimes/python");
                    options.UiFolder ??= ProgramFolder.Find("ui/dist") ?? ProgramFolder.Find("ui");
                },
                services =>
                {
                    services.Configure<LoggerFilterOptions>(filter => filter.MinLevel = log);
                    services.AddHostedService<StartTrim>();
                });
        }
        catch (Exception exception) when (WhyNotStarted(exception, listen, port) is { } why)
        {
            throw new CliException(ExitCode.Failed, why);
        }
    }

    // What an operator can put right is one sentence; anything else is a bug and keeps its stack.
    private static async Task StartAsync(WebApplication app, string listen, int port, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (WhyNotStarted(exception, listen, port) is { } why)
        {
            // Listening comes last: all else has started and is stopped. Before the database and the key are good nothing has, and nothing may be written.
            if (IsAboutListening(exception))
            {
                await app.StopAsync(CancellationToken.None);
            }

            throw new CliException(ExitCode.Failed, why);
        }
    }

    private static async Task StopAsync(WebApplication app)
    {
        try
        {
            await app.StopAsync(CancellationToken.None);
        }
        catch (Exception) when (app.Services.GetRequiredService<SoleServer>().WhyStopped is not null)
        {
            // The database is another server's: what a stop would write there is not written.
        }

        if (app.Services.GetRequiredService<SoleServer>().WhyStopped is { } why)
        {
            throw new CliException(ExitCode.Failed, why);
        }
    }

    private static bool IsAboutListening(Exception exception) =>
        exception is AddressInUseException or SocketException { SocketErrorCode: SocketError.AccessDenied or SocketError.AddressNotAvailable }
        || (exception is not NpgsqlException && exception.InnerException is { } inner && IsAboutListening(inner));

    private static string? WhyNotStarted(Exception exception, string listen, int port) => exception switch
    {
        MasterKeyException or NewerDatabaseException or DatabaseInUseException => exception.Message,
        OptionsValidationException => $"The configuration cannot be used: {exception.Message}",
        InvalidOperationException when exception.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal) => $"The configuration cannot be used: {exception.Message}",
        InvalidDataException when exception.Message.StartsWith("Failed to load configuration", StringComparison.Ordinal) => $"appsettings.json cannot be read: {exception.GetBaseException().Message}",
        AddressInUseException => $"Port {port} is in use by another program. Stop that, or choose another with --port.",
        SocketException { SocketErrorCode: SocketError.AccessDenied or SocketError.AddressNotAvailable } denied => $"It is not possible to listen on {listen}, port {port}: {denied.Message}.",
        NpgsqlException => $"The PostgreSQL database cannot be used: {exception.GetBaseException().Message.TrimEnd('.')}. Check that it runs and the connection string given with --postgresql.",
        SqliteException { SqliteErrorCode: 11 or 26 } => "The database slipway.db of the data folder is damaged. Restore a backup.",
        _ => exception.InnerException is { } inner ? WhyNotStarted(inner, listen, port) : null,
    };

    [DllImport("libc", EntryPoint = "execve", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Execve(string path, string?[] arguments, string?[] environment);
}
