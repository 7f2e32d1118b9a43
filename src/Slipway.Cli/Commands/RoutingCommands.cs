using System.Text;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The part of <c>slipway deployments …</c> that is about variants and routing, and deployments from a file.</summary>
internal static class RoutingCommands
{
    public static IEnumerable<Command> All() => [CreateDeploymentCommand.Create(), Routing(), Simulate()];

    /// <summary><c>-f FILE</c>, as create and update take it.</summary>
    public static Option<string?> FileOption() => new("--file", "-f") { Description = "The request in a file, YAML or JSON (- for standard input): variants, routing and all else that the API takes." };

    private static Command Routing()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("routing", "Its variants, and the table that chooses among them.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var deployment = await context.Api.GetAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken);
            var live = deployment.Live ?? throw new CliException(ExitCode.NotFound, "Nothing is live yet.");
            context.Write(live, ContractsJson.Default.RevisionInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Simulate()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var given = new Option<string?>("--context") { Description = "A JSON object, field to value; @FILE reads one." };
        var data = new Option<string?>("--data", "-d") { Description = "A body, for fields that are read from it: JSON or @FILE." };
        var identity = new Option<string?>("--identity") { Description = "Who asks, for weights." };
        var revision = new Option<int?>("--revision") { Description = "Whose table. Default: the live one's." };
        var execute = new Option<bool>("--execute") { Description = "Ask the model too; history says that it was the simulator." };
        return new Command("simulate", "Which row a context matches, and why the others do not. Example: slipway deployments simulate iris --context '{\"country\": \"NO\"}'")
        {
            name, environment, given, data, identity, revision, execute,
        }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var (said, body) = (await TextAsync(parse.GetValue(given), cancellationToken), await TextAsync(parse.GetValue(data), cancellationToken));
            var simulation = await context.Api.PostAsync(
                $"{path}/simulate", new SimulateRequest(Json(said, "--context"), Json(body, "--data"), parse.GetValue(identity), parse.GetValue(revision)),
                ContractsJson.Default.SimulateRequest, ContractsJson.Default.SimulationInfo, cancellationToken);
            context.Write(simulation, ContractsJson.Default.SimulationInfo, Describe);
            return parse.GetValue(execute)
                ? await ExecuteAsync(context, path, said, body ?? throw new CliException(ExitCode.Usage, "--execute needs the input in --data."), parse.GetValue(identity), cancellationToken)
                : ExitCode.Done;
        });
    }

    private static async Task<int> ExecuteAsync(CommandContext context, string path, string? said, string body, string? identity, CancellationToken cancellationToken)
    {
        var parts = path["/api/v1/deployments/".Length..].Split('/');
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        content.Headers.Add("Slipway-Origin", "simulator");
        PredictCommand.AddContext(content, said, identity);
        using var response = await context.Api.PredictAsync($"/{parts[0]}/models/{parts[1]}", content, cancellationToken);
        CommandContext.Say($"{(int)response.StatusCode} from {response.Headers.FirstOrDefault(h => h.Key == "Slipway-Variant").Value?.FirstOrDefault()}");
        Console.Out.WriteLine(await response.Content.ReadAsStringAsync(cancellationToken));
        return response.IsSuccessStatusCode ? ExitCode.Done : ExitCode.Refused;
    }

    private static void Describe(RevisionInfo revision)
    {
        foreach (var v in revision.Variants)
        {
            var then = v.Fallback is null ? "" : $"; when it fails{(v.Retries is > 0 and { } again ? $", after {again} more {(again == 1 ? "try" : "tries")}," : "")} {v.Fallback} answers";
            Console.Out.WriteLine($"{v.Name}{(v.IsDefault ? " (default)" : "")}: {v.Model} v{v.ModelVersion}, {v.Resources.CpuCores:0.##} CPU, {v.Resources.MemoryMib} MiB{then}");
        }

        Console.Out.WriteLine();
        foreach (var (at, row) in (revision.Routing?.Rows ?? []).Index())
        {
            var cells = (row.Conditions ?? new Dictionary<string, RoutingCondition>()).Select(c => $"{c.Key} {c.Value.Operator} {c.Value.Value?.GetRawText()}".TrimEnd()).ToList();
            Console.Out.WriteLine($"{at + 1}. {row.Variant} when {(cells.Count == 0 ? "*" : string.Join(" and ", cells))}{(row.Weight is { } weight ? $", {weight:0.##} % of these" : "")}");
        }

        Console.Out.WriteLine($"0. {revision.Variants.First(v => v.IsDefault).Name} otherwise");
    }

    private static void Describe(SimulationInfo simulation)
    {
        Console.Out.WriteLine(simulation.Detail);
        foreach (var field in simulation.Fields.Where(f => f.Problem is not null))
        {
            Console.Out.WriteLine($"{field.Name} is not used: {field.Problem}");
        }

        foreach (var row in simulation.Rows)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine($"{(row.Answers ? "→" : " ")} row {row.Row}: {row.Variant}{(row.Answers ? "" : row.Matched ? $" ({row.Detail})" : "")}");
            foreach (var cell in row.Cells)
            {
                Console.Out.WriteLine($"    {(cell.Matched ? "yes" : "no ")}  {cell.Condition}: {cell.Detail}");
            }
        }

        if (simulation.Ignored.Count > 0)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine($"The table has no field for {string.Join(", ", simulation.Ignored)}.");
        }
    }

    private static async Task<string?> TextAsync(string? given, CancellationToken cancellationToken) => given switch
    {
        ['@', .. var file] when File.Exists(file) => await File.ReadAllTextAsync(file, cancellationToken),
        ['@', .. var file] => throw new CliException(ExitCode.Usage, $"There is no file '{file}'."),
        _ => given,
    };

    private static JsonElement? Json(string? text, string option)
    {
        if (text is null)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new CliException(ExitCode.Usage, $"{option} is not JSON; quote it: {option} '{{\"country\": \"NO\"}}'.");
        }
    }
}
