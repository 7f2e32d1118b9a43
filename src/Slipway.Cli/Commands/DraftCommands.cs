using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The part of <c>slipway deployments …</c> that is about the draft of a live deployment.</summary>
internal static class DraftCommands
{
    public static IEnumerable<Command> All() => [Show(), DraftDiffCommand.Create(), Freeze()];

    private static Command Show()
    {
        var name = DeploymentNames.NameArgument();
        return new Command("draft", "What a live deployment serves between two versions. Example: slipway deployments draft iris") { name }.Runs(async (parse, context, cancellationToken) =>
        {
            var (environment, deployment) = await DeploymentNames.ResolveAsync(context.Api, parse.GetValue(name)!, "development", cancellationToken);
            var draft = await context.Api.GetAsync(DeploymentNames.Path(environment, deployment) + "/draft", ContractsJson.Default.DraftInfo, cancellationToken);
            context.Write(draft, ContractsJson.Default.DraftInfo, d => CommandContext.WriteFacts(
                ("draft", $"{d.Name}{(d.IsFrozen ? $", just {d.Model} v{d.BaseVersion}" : "")}"), ("began from", $"revision {d.BaseRevision}, {d.Model} v{d.BaseVersion}"),
                ("last patch", d.PatchedAt is null ? null : $"{CommandContext.Time(d.PatchedAt)} by {d.PatchedBy}: {string.Join(", ", d.LastChanged)}"),
                ("outcome", d.Outcome), ("error", d.Error?.Traceback?.TrimEnd() ?? d.Error?.Message), ("watched", d.Watched ? "yes" : "no"), ("files", $"{d.Files.Count}")));
            return ExitCode.Done;
        });
    }

    private static Command Freeze()
    {
        var name = DeploymentNames.NameArgument();
        var label = new Option<string?>("--version-label") { Description = "Unique label of the version." };
        var revisionName = new Option<string?>("--revision-name") { Description = "Name of the new revision." };
        return new Command("freeze", "Make a version and a revision of what a live deployment answers with. Example: slipway deployments freeze iris") { name, label, revisionName }.Runs(async (parse, context, cancellationToken) =>
        {
            var (environment, deployment) = await DeploymentNames.ResolveAsync(context.Api, parse.GetValue(name)!, "development", cancellationToken);
            var rollout = await context.Api.PostAsync(
                DeploymentNames.Path(environment, deployment) + "/draft/freeze", new FreezeDraftRequest(parse.GetValue(label), null, parse.GetValue(revisionName)),
                ContractsJson.Default.FreezeDraftRequest, ContractsJson.Default.RolloutInfo, cancellationToken);
            context.Write(rollout, ContractsJson.Default.RolloutInfo, r => Console.Out.WriteLine($"{r.Environment}/{r.Deployment}: frozen as revision {r.ToRevision}, {r.Status}"));
            return ExitCode.Done;
        });
    }
}
