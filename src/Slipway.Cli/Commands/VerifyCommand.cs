using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway verify</c>: is everything that was stored still what was stored?</summary>
internal static class VerifyCommand
{
    public static Command Create() => new Command("verify", "Check digests, references, orphans and the audit chain. Exit code 9 when something is wrong.").Runs(async (_, context, cancellationToken) =>
    {
        var report = await context.Api.PostAsync("/api/v1/system/verify", ContractsJson.Default.VerifyReport, cancellationToken);
        context.Write(report, ContractsJson.Default.VerifyReport, r =>
        {
            foreach (var finding in r.Findings)
            {
                Console.Out.WriteLine($"{finding.Kind}  {finding.What}  {finding.Detail}");
            }

            CommandContext.Say($"{r.BlobsChecked} blobs ({r.BytesChecked} bytes) and {r.AuditEntriesChecked} audit rows checked: {(r.Ok ? "all is well" : $"{r.Findings.Count} findings")}.");
        });
        return report.Ok ? ExitCode.Done : ExitCode.FindingsFound;
    });
}
