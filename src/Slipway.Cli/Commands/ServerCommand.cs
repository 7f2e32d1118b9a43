using Microsoft.Extensions.Logging;
namespace Slipway.Cli.Commands;

/// <summary><c>slipway server</c>: the server alone, for service managers.</summary>
internal static class ServerCommand
{
    public static Option<string> DataOption() => new("--data") { Description = "Data folder.", DefaultValueFactory = _ => ServerProcess.DefaultDataFolder };

    public static Option<int> PortOption() => new("--port") { Description = "Port; 0 takes a free one.", DefaultValueFactory = _ => 7070 };

    public static Option<string> ListenOption() => new("--listen") { Description = "Address to listen on.", DefaultValueFactory = _ => "127.0.0.1" };

    public static Option<string?> PostgreSqlOption() => new("--postgresql") { Description = "PostgreSQL connection string; without it an embedded database is used." };

    public static Command Create()
    {
        var data = DataOption();
        var port = PortOption();
        var listen = ListenOption();
        var postgreSql = PostgreSqlOption();
        return new Command("server", "Run the server and nothing else (for service managers).") { data, port, listen, postgreSql }.Runs(async (parse, _, cancellationToken) =>
        {
            ServerProcess.RestartWithRuntimeSettings();
            return await ServerProcess.RunAsync(
                parse.GetValue(data)!, parse.GetValue(listen)!, parse.GetValue(port), parse.GetValue(postgreSql), LogLevel.Information, (_, _) => Task.CompletedTask, cancellationToken);
        });
    }
}
