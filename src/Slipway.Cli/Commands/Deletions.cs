using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>Lists what a deletion takes with it before it is confirmed.</summary>
internal static class Deletions
{
    public static async Task ConfirmAsync(CommandContext context, bool yes, string path, string what, CancellationToken cancellationToken)
    {
        if (!yes && !Console.IsInputRedirected && !Console.IsErrorRedirected)
        {
            var goes = await context.Api.GetAsync($"{path}/deletion", ContractsJson.Default.DeletionInfo, cancellationToken);
            if (!goes.Allowed)
            {
                throw new CliException(ExitCode.Refused, $"{goes.Reason} [{goes.Code}]");
            }

            Write(goes, CommandContext.Say);
        }

        Confirm.Deletion(yes, what);
    }

    /// <summary>Lists what would go, and does nothing.</summary>
    /// <returns>Whether it would be allowed, as an exit code.</returns>
    public static async Task<int> PreviewAsync(CommandContext context, string path, CancellationToken cancellationToken)
    {
        var goes = await context.Api.GetAsync($"{path}/deletion", ContractsJson.Default.DeletionInfo, cancellationToken);
        context.Write(goes, ContractsJson.Default.DeletionInfo, g => Write(g, Console.Out.WriteLine));
        if (!goes.Allowed)
        {
            CommandContext.Say($"It would be refused: {goes.Reason} [{goes.Code}]");
        }

        return goes.Allowed ? ExitCode.Done : ExitCode.Refused;
    }

    private static void Write(DeletionInfo goes, Action<string> line)
    {
        var data = goes.MetricCount > 0 || goes.Datasets.Count > 0 ? $"; {goes.MetricCount} metric(s){(goes.Datasets.Count > 0 ? $" and what it says of the data sets {string.Join(", ", goes.Datasets)}" : "")}" : "";
        line($"This goes: {goes.VersionCount} version(s) with {goes.FileCount} file(s), {goes.SizeBytes} B{(goes.Aliases.Count > 0 ? $"; aliases {string.Join(", ", goes.Aliases)}" : "")}{data}.");
        if (goes.Children.Count > 0)
        {
            line($"These stay and lose their parent: {string.Join(", ", goes.Children.Select(c => $"{c.Model} v{c.Version}"))}.");
        }
    }
}
