using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway verify</c>: is everything that was stored still what was stored?</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Verify this data folder, whose server is stopped, instead of asking a running server." };
        var postgreSql = ServerCommand.PostgreSqlOption();
        const string what = "Check digests, references, orphans and the audit chain. Exit code 9 when something is wrong. Example: slipway verify --data /var/lib/slipway";
        return new Command("verify", what) { data, postgreSql }.Runs(async (parse, context, cancellationToken) =>
        {
            var report = parse.GetValue(data) is { } folder
                ? await ServerProcess.VerifyAsync(folder, parse.GetValue(postgreSql), cancellationToken)
                : await context.Api.PostAsync("/api/v1/system/verify", ContractsJson.Default.VerifyReport, cancellationToken);
            context.Write(report, ContractsJson.Default.VerifyReport, Print);
            return report.Ok ? ExitCode.Done : ExitCode.FindingsFound;
        });
    }

    private static void Print(VerifyReport report)
    {
        foreach (var finding in report.Findings)
        {
            Console.Out.WriteLine($"{finding.Kind}  {finding.What}  {finding.Detail}");
        }

        CommandContext.Say(
            $"{report.BlobsChecked} blobs ({report.BytesChecked} bytes) and {report.AuditEntriesChecked} audit rows checked: "
            + $"{(report.Ok ? "all is well" : $"{report.Findings.Count} findings")}.");
    }
}
