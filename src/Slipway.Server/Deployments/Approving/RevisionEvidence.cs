using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments.Approving;

/// <summary>What would become live beside what is live now, for who decides about it.</summary>
internal static class RevisionEvidence
{
    /// <param name="deployment">Null: it would be made.</param>
    /// <param name="live">Null: nothing is live.</param>
    public static async Task<IReadOnlyList<EvidenceSection>> OfAsync(
        SlipwayDbContext db, Revision target, Deployment? deployment, Revision? live, CancellationToken cancellationToken)
    {
        var isLive = live?.Id == target.Id;
        var before = isLive ? null : live;
        List<Revision> revisions = before is null ? [target] : [target, before];
        List<EvidenceColumn> columns =
        [
            new(target.Number == 0 ? "asked for" : $"revision {target.Number}, asked for", target.Number == 0 ? null : $"{deployment?.Resource}/revisions/{target.Number}"),
            .. before is null ? [] : new[] { new EvidenceColumn($"revision {before.Number}, live now", $"{deployment?.Resource}/revisions/{before.Number}") },
        ];
        var note = deployment is null ? "There is no deployment of that name yet; approving makes it." : isLive ? "It is live." : live is null ? "Nothing is live there." : null;
        return [Configuration(columns, revisions, note), .. Variables(columns, revisions), .. await VersionsAsync(db, target, before, cancellationToken)];
    }

    private static EvidenceSection Configuration(List<EvidenceColumn> columns, List<Revision> revisions, string? note)
    {
        var rows = new List<EvidenceRow>
        {
            Row("Model", revisions, r => r.Default.Model),
            Row("Version", revisions, r => r.Default.VersionLabel is { } label ? $"v{r.Default.ModelVersion} ({label})" : $"v{r.Default.ModelVersion}"),
            Row("Other variants", revisions, r => Joined(r.Variants.Where(v => !v.IsDefault).Select(v => $"{v.Name}: {v.Model} v{v.ModelVersion}"))),
            Row("Base image", revisions, r => r.Default.BaseImage),
            Row("Runs", revisions, r => r.Default.Placement == Placement.Replica ? "in processes of its own" : "in the gateway"),
            Row("CPU", revisions, r => string.Create(CultureInfo.InvariantCulture, $"{r.Default.CpuCores:0.##} {(r.Default.CpuCores == 1 ? "core" : "cores")}")),
            Row("Memory", revisions, r => string.Create(CultureInfo.InvariantCulture, $"{r.Default.MemoryMib} MiB")),
            Row("GPUs", revisions, r => r.Default.Extra.GpuCount == 0 ? null : $"{r.Default.Extra.GpuCount} {r.Default.Extra.GpuType}"),
            Row("Secrets", revisions, r => Joined(r.Secrets)),
            Row("Routing", revisions, r => r.Routing),
            Row("Name", revisions, r => r.Name),
            Row("Labels", revisions, r => Joined(r.Labels.Select(l => $"{l.Key}={l.Value}"))),
            new("Content", "hash", revisions.ConvertAll(r => (string?)r.ContentHash)),
        };
        return new EvidenceSection("Revision", columns, [.. rows.Where(r => r.Values.Any(v => v is not null))], note);
    }

    private static IEnumerable<EvidenceSection> Variables(List<EvidenceColumn> columns, List<Revision> revisions)
    {
        var all = revisions.ConvertAll(r => PlainVariables.Read(r.Variables));
        var names = all.SelectMany(v => v.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? [] : [new EvidenceSection("Variables", columns, names.ConvertAll(name => new EvidenceRow(name, "text", all.ConvertAll(v => v.GetValueOrDefault(name)))))];
    }

    // The registry's own words about the two versions; the same version twice says nothing.
    private static async Task<IReadOnlyList<EvidenceSection>> VersionsAsync(SlipwayDbContext db, Revision target, Revision? before, CancellationToken cancellationToken)
    {
        var ids = new[] { target.Default.ModelVersionId, before?.Default.ModelVersionId }.OfType<Guid>().Distinct().ToList();
        var found = await VersionEvidence.Loaded(db).Where(v => ids.Contains(v.Id)).ToListAsync(cancellationToken);
        var versions = ids.Select(id => found.Find(v => v.Id == id)).OfType<ModelVersion>().ToList();
        var columns = versions.ConvertAll(v =>
        {
            var model = v.Id == target.Default.ModelVersionId ? target.Default.Model : before!.Default.Model;
            return new EvidenceColumn($"{model} v{v.Number}, {(v.Id == target.Default.ModelVersionId ? "asked for" : "live now")}", $"models/{model}/versions/{v.Number}");
        });
        return versions.Count == 0
            ? []
            : await VersionEvidence.OfAsync(db, columns, versions, versions.Count == 1 && before is not null ? "The live revision runs the same version." : null, cancellationToken);
    }

    private static EvidenceRow Row(string label, List<Revision> revisions, Func<Revision, string?> value) => new(label, "text", revisions.ConvertAll(r => value(r)));

    private static string? Joined(IEnumerable<string> words) => string.Join(", ", words.Order(StringComparer.Ordinal)) is { Length: > 0 } text ? text : null;
}
