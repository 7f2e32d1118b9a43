using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway secrets …</c></summary>
internal static class SecretsCommand
{
    private const int LongestValue = 1 << 20;   // the server says what it takes; this only bounds what is read

    public static Command Create() => new(
        "secrets", "Values that an environment keeps for the models that run there: list, set, delete. Nobody can read a value again.") { List(), Set(), Delete() };

    private static string Path(string environment) => $"/api/v1/environments/{Uri.EscapeDataString(environment)}/secrets";

    private static Option<string> EnvironmentOption() => new("--environment", "-e") { Description = "Whose secrets.", DefaultValueFactory = _ => "development" };

    private static Command List()
    {
        var environment = EnvironmentOption();
        return new Command("list", "Names and versions of an environment's secrets, and who uses them.") { environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var page = await context.Api.GetAsync(Path(parse.GetValue(environment)!), ContractsJson.Default.PageSecretInfo, cancellationToken);
            context.WriteTable(
                page, ContractsJson.Default.PageSecretInfo, "No secrets. Set one with: slipway secrets set NAME < FILE", ["NAME", "VERSION", "SET BY", "SET AT", "USED BY"],
                s => [s.Name, $"{s.Version}", s.UpdatedBy, $"{s.UpdatedAt:yyyy-MM-dd HH:mm} UTC", s.UsedBy.Count == 0 ? "–" : string.Join(", ", s.UsedBy)]);
            return ExitCode.Done;
        });
    }

    private static Command Set()
    {
        var (name, environment) = (new Argument<string>("NAME") { Description = "Letters, digits and underscores; also the name of the environment variable." }, EnvironmentOption());
        return new Command(
            "set", "Set a secret to what comes on standard input, without one line end at its end. Example: pass show hub-token | slipway secrets set HUB_TOKEN --environment staging")
        {
            name, environment,
        }.Runs(async (parse, context, cancellationToken) =>
        {
            var value = Console.IsInputRedirected ? await ReadAsync(cancellationToken) : Ask(parse.GetValue(name)!);
            var set = await context.Api.PutAsync(
                $"{Path(parse.GetValue(environment)!)}/{Uri.EscapeDataString(parse.GetValue(name)!)}", new SetSecretRequest(value), ContractsJson.Default.SetSecretRequest,
                ContractsJson.Default.SecretInfo, cancellationToken);
            context.Write(set, ContractsJson.Default.SecretInfo, s =>
            {
                Console.Out.WriteLine($"{s.Environment}: {s.Name} is set (version {s.Version}).");
                if (s.UsedBy.Count > 0)
                {
                    CommandContext.Say($"Replicas are replaced one by one: {string.Join(", ", s.UsedBy)}");
                }
            });
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var (name, environment) = (new Argument<string>("NAME"), EnvironmentOption());
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("delete", "Delete a secret that nobody uses.") { name, environment, yes }.Runs(async (parse, context, cancellationToken) =>
        {
            Confirm.Deletion(parse.GetValue(yes), parse.GetValue(name)!);
            await context.Api.CallAsync(
                HttpMethod.Delete, $"{Path(parse.GetValue(environment)!)}/{Uri.EscapeDataString(parse.GetValue(name)!)}", cancellationToken);
            return ExitCode.Done;
        });
    }

    private static async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = new char[LongestValue + 1];
        var length = await Console.In.ReadBlockAsync(buffer, cancellationToken);
        var value = length > LongestValue ? throw new CliException(ExitCode.Usage, "What comes on standard input is too long for a secret.") : new string(buffer, 0, length);
        return value.EndsWith("\r\n", StringComparison.Ordinal) ? value[..^2] : value.EndsWith('\n') ? value[..^1] : value;
    }

    /// <summary>Asks a person; what is typed is not shown.</summary>
    private static string Ask(string name)
    {
        Console.Error.Write($"Value of {name}: ");
        var typed = HiddenInput.ReadFromConsole();
        Console.Error.WriteLine();
        return typed;
    }
}
