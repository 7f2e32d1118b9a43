using Microsoft.Extensions.Logging;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway up</c>: the server in the foreground, with everything that a first visitor needs printed.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var data = ServerCommand.DataOption();
        var port = ServerCommand.PortOption();
        var listen = ServerCommand.ListenOption();
        var postgreSql = ServerCommand.PostgreSqlOption();
        var demo = new Option<bool>("--demo") { Description = "Deploy a sample model to production and print a call that works." };
        var verbose = new Option<bool>("--verbose") { Description = "Show what the server does, not only what goes wrong." };
        return new Command("up", "Start the server and the web UI here, in the foreground. Example: slipway up --demo") { data, port, listen, postgreSql, demo, verbose }
            .Runs(async (parse, context, cancellationToken) =>
            {
                var folder = Path.GetFullPath(parse.GetValue(data)!);
                if (await FindRunningAsync(folder, cancellationToken) is { } running)
                {
                    CommandContext.Say($"Already running on this data folder, process {running.Pid}.");
                    Console.Out.WriteLine(running.Address);
                    if (parse.GetValue(demo))
                    {
                        await Demo.DeployAsync(context.Api, cancellationToken);
                    }

                    return ExitCode.Done;
                }

                ServerProcess.RestartWithRuntimeSettings();
                return await ServerProcess.RunAsync(
                    folder, parse.GetValue(listen)!, parse.GetValue(port), parse.GetValue(postgreSql), parse.GetValue(verbose) ? LogLevel.Information : LogLevel.Warning, (address, token) => WelcomeAsync(folder, address, parse.GetValue(demo), token), cancellationToken);
            });
    }

    private static async Task<RunningServer?> FindRunningAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            var server = JsonSerializer.Deserialize(await File.ReadAllTextAsync(Path.Combine(folder, "server.json"), cancellationToken), ProfileJson.Default.RunningServer)!;
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
            using var response = await http.GetAsync(server.Address + "/health/live", cancellationToken);
            return response.IsSuccessStatusCode ? server : null;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or JsonException or TaskCanceledException)
        {
            return null;
        }
    }

    private static async Task WelcomeAsync(string folder, Uri address, bool demo, CancellationToken cancellationToken)
    {
        var url = address.ToString().TrimEnd('/');
        var firstStart = Path.Combine(folder, "first-start.json");
        string? link = null;
        if (File.Exists(firstStart))
        {
            var first = JsonSerializer.Deserialize(await File.ReadAllTextAsync(firstStart, cancellationToken), ProfileJson.Default.FirstStart)!;
            new Profile(url, first.Key).Save();
            CommandContext.Say($"Made the administrator 'admin' and a key for this command line, kept in {Profile.File}.");
            link = first.SignInUrl;
            File.Delete(firstStart);
        }

        var profile = Profile.Load();
        using var api = new ApiClient(profile with { Url = url });
        if (profile.ApiKey is not null && new Uri(profile.Url) != address)
        {
            // The server of this profile moved to another port: only follow when the key is really this server's.
            if (await api.FindSessionAsync(cancellationToken) is not null)
            {
                (profile with { Url = url }).Save();
            }
        }

        if (link is null && await api.FindSessionAsync(cancellationToken) is { } session)
        {
            link = (await api.PostAsync($"/api/v1/users/{session.User}/sign-in-link", ContractsJson.Default.SignInLink, cancellationToken)).Url;
        }

        Console.Out.WriteLine();
        Console.Out.WriteLine($"  Slipway is up       {url}");
        Console.Out.WriteLine($"  Sign in, once       {link ?? "(no key in the profile: make a link with an administrator's key: slipway users link NAME)"}");
        Console.Out.WriteLine("  Stop                Ctrl-C");
        Console.Out.WriteLine();
        if (demo)
        {
            await Demo.DeployAsync(api, cancellationToken);
        }
    }

    private static async Task<SessionInfo?> FindSessionAsync(this ApiClient api, CancellationToken cancellationToken)
    {
        try
        {
            return await api.GetAsync("/api/v1/session", ContractsJson.Default.SessionInfo, cancellationToken);
        }
        catch (CliException exception) when (exception.ExitCode is ExitCode.NotAllowed)
        {
            return null;
        }
    }
}
