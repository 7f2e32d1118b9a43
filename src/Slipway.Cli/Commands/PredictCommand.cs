using System.Text;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway predict NAME</c>: one request, its answer on standard output as it comes.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var name = DeploymentNames.NameArgument();
        var environment = DeploymentNames.EnvironmentOption();
        var data = new Option<string?>("--data", "-d") { Description = "JSON, @FILE, or - for standard input." };
        var raw = new Option<bool>("--raw") { Description = "Ask /invocations: the model's own answer without the envelope." };
        var said = new Option<string?>("--context") { Description = "A JSON object, field to value: what a routing table chooses the variant by." };
        var identity = new Option<string?>("--identity") { Description = "Who asks: a weight keeps the same identity on the same variant." };
        return new Command("predict", "Ask a deployment. Example: slipway predict iris --data '[5.1, 3.5, 1.4, 0.2]'") { name, environment, data, raw, said, identity }.Runs(async (parse, context, cancellationToken) =>
        {
            var (scope, deployment) = await DeploymentNames.ResolveAsync(context.Api, parse.GetValue(name)!, parse.GetValue(environment), cancellationToken);
            using var content = new StringContent(await BodyAsync(parse.GetValue(data), cancellationToken), Encoding.UTF8, "application/json");
            AddContext(content, parse.GetValue(said), parse.GetValue(identity));
            var path = $"/{Uri.EscapeDataString(scope)}/models/{Uri.EscapeDataString(deployment)}" + (parse.GetValue(raw) ? "/invocations" : "");
            using var response = await context.Api.PredictAsync(path, content, cancellationToken);
            await using (var output = Console.OpenStandardOutput())
            {
                await response.Content.CopyToAsync(output, cancellationToken);
            }

            Console.Out.WriteLine();
            if (!response.IsSuccessStatusCode)
            {
                CommandContext.Say($"The answer has status {(int)response.StatusCode}.");
            }

            return (int)response.StatusCode switch
            {
                < 400 => ExitCode.Done,
                401 or 403 => ExitCode.NotAllowed,
                404 => ExitCode.NotFound,
                504 => ExitCode.TimedOut,
                _ => ExitCode.Refused,
            };
        });
    }

    /// <summary>What a routing table reads.</summary>
    internal static void AddContext(HttpContent content, string? said, string? identity)
    {
        if (said is not null)
        {
            content.Headers.TryAddWithoutValidation("Slipway-Context", said.ReplaceLineEndings(" "));
        }

        if (identity is not null)
        {
            content.Headers.TryAddWithoutValidation("Slipway-Identity", identity);
        }
    }

    private static async Task<string> BodyAsync(string? data, CancellationToken cancellationToken) => data switch
    {
        null => throw new CliException(ExitCode.Usage, "Give the input with --data '{…}', --data @FILE or --data - ."),
        "-" => await Console.In.ReadToEndAsync(cancellationToken),
        ['@', .. var file] when File.Exists(file) => await File.ReadAllTextAsync(file, cancellationToken),
        ['@', .. var file] => throw new CliException(ExitCode.Usage, $"There is no file '{file}'."),
        _ => data,
    };
}
