using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway doctor</c>: what the server's machine offers.</summary>
internal static class DoctorCommand
{
    public static Command Create() => new Command("doctor", "What the server's machine offers: interpreters, limits, isolation.").Runs(async (_, context, cancellationToken) =>
    {
        var system = await context.Api.GetAsync("/api/v1/system", ContractsJson.Default.SystemStatus, cancellationToken);
        context.Write(system, ContractsJson.Default.SystemStatus, s =>
        {
            CommandContext.WriteFacts([
                ("slipway", $"{s.Version} at {context.Api.Address}"), ("database", s.Database), ("machine", $"{s.CpuCount} cores, {s.MemoryBytes / 1048576} MiB memory, {s.DiskFreeBytes / 1048576} MiB disk free"),
                .. s.BaseImages.Select(b => ($"base image {b.Name}", (string?)(b.Usable ? $"{b.Interpreter} {b.Version}" : $"not usable: {b.Problem}"))),
                .. s.Limits.Select(l => ($"limit {l.Limit}", (string?)$"{l.Support} ({l.Mechanism})")),
                ("isolation", s.Isolation), ("gateway", $"hosts {s.Hosted.Models} models, {s.Hosted.Bytes / 1048576} of {s.Hosted.LimitBytes / 1048576} MiB (placement gateway)"), ("history", $"{s.HistoryBytes / 1048576} MiB, {s.HistoryDropped} records dropped")]);
        });
        return system.BaseImages.Any(b => b.Usable) ? ExitCode.Done : ExitCode.FindingsFound;
    });
}
