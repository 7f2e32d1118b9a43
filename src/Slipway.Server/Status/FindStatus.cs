using System.Reflection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Status;

/// <summary>Gathers what the server is and what its machine offers, from the features' <see cref="ISystemFact"/>s.</summary>
internal sealed class FindStatus(Database database, IServer server, IEnumerable<ISystemFact> facts, IOptions<ServerOptions> options, TimeProvider time)
{
    private readonly DateTimeOffset startedAt = time.GetUtcNow();

    public static string Version { get; } =
        typeof(FindStatus).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public SystemStatus Run()
    {
        var gathered = new SystemFacts();
        foreach (var fact in facts)
        {
            fact.AddTo(gathered);
        }

        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        return new SystemStatus(
            Version, database.Kind, startedAt, gathered.Epoch, Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            new DriveInfo(options.Value.DataFolder).AvailableFreeSpace, gathered.HistoryBytes, gathered.HistoryDropped, gathered.Isolation, gathered.Limits, gathered.BaseImages,
            addresses.Select((address, i) => (address, i)).ToDictionary(a => a.i == 0 ? "api" : $"api_{a.i + 1}", a => a.address), gathered.Hosted);
    }
}

/// <summary>Lets every feature verify itself, one after another.</summary>
internal sealed class VerifyServer(IEnumerable<IVerification> verifications)
{
    public async Task<VerifyReport> RunAsync(CancellationToken cancellationToken)
    {
        var parts = new List<VerifyPart>();
        foreach (var verification in verifications)
        {
            parts.Add(await verification.VerifyAsync(cancellationToken));
        }

        return new VerifyReport(
            parts.TrueForAll(p => p.Findings.Count == 0), parts.Sum(p => p.BlobsChecked), parts.Sum(p => p.BytesChecked), parts.Sum(p => p.AuditEntriesChecked),
            [.. parts.SelectMany(p => p.Findings)]);
    }
}
