using System.Net.ServerSentEvents;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway logs NAME [-f]</c>: the output of a deployment's replicas, or of its build.</summary>
internal static class LogsCommand
{
    public static Command Create()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what comes." };
        var lines = new Option<int>("--lines", "-n") { Description = "Newest lines to begin with.", DefaultValueFactory = _ => 100 };
        var build = new Option<bool>("--build") { Description = "The log of the build instead." };
        return new Command("logs", "Output of a deployment's replicas. Example: slipway logs iris -f") { name, environment, follow, lines, build }.Runs(async (parse, context, cancellationToken) =>
        {
            var (scope, deployment) = await DeploymentNames.ResolveAsync(context.Api, parse.GetValue(name)!, parse.GetValue(environment), cancellationToken);
            if (parse.GetValue(build))
            {
                return await BuildAsync(context, scope, deployment, parse.GetValue(follow), cancellationToken);
            }

            var page = await context.Api.GetAsync(
                DeploymentNames.Path(scope, deployment) + $"/logs?limit={parse.GetValue(lines)}", ContractsJson.Default.PageLogLine, cancellationToken);
            foreach (var line in page.Items)
            {
                Write(context, line);
            }

            return parse.GetValue(follow) ? await FollowAsync(context, scope, deployment, cancellationToken) : ExitCode.Done;
        });
    }

    /// <summary>Writes lines as they come until the person stops it.</summary>
    public static async Task<int> FollowAsync(CommandContext context, string environment, string name, CancellationToken cancellationToken)
    {
        using var response = await context.Api.StreamAsync(HttpMethod.Get, DeploymentNames.Path(environment, name) + "/logs/stream", null, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.EventType == "line" && JsonSerializer.Deserialize(item.Data, ContractsJson.Default.LogLine) is { } line)
            {
                Write(context, line);
            }
        }

        return ExitCode.Done;
    }

    private static async Task<int> BuildAsync(CommandContext context, string environment, string name, bool follow, CancellationToken cancellationToken)
    {
        await using var log = await BuildLog.OpenAsync(context.Api, environment, name, follow, cancellationToken)
            ?? throw new CliException(ExitCode.NotFound, "Its build has not begun yet.");
        await using var output = Console.OpenStandardOutput();
        await log.CopyToAsync(output, cancellationToken);
        return ExitCode.Done;
    }

    private static void Write(CommandContext context, LogLine line) =>
        context.Write(line, ContractsJson.Default.LogLine, l => Console.Out.WriteLine(
            $"{(l.At is { } at ? at.ToLocalTime().ToString("HH:mm:ss.fff") : "            ")} {l.Replica[..Math.Min(8, l.Replica.Length)]} {l.Level?.ToUpperInvariant() ?? "     ",-7} {(l.RequestId is { } id ? id + " " : "")}{l.Message}"));
}
