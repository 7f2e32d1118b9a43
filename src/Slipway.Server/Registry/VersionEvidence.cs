using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Versions side by side, for who decides about one of them.</summary>
internal static class VersionEvidence
{
    /// <summary>Versions with all that is shown of them.</summary>
    public static IQueryable<ModelVersion> Loaded(SlipwayDbContext db) => db.Set<ModelVersion>()
        .Include(v => v.Files).Include(v => v.Metrics).Include(v => v.Parameters).Include(v => v.Tags).Include(v => v.Aliases)
        .Include(v => v.Datasets).Include(v => v.Parent).AsSplitQuery();

    /// <param name="columns">One for each of <paramref name="versions"/>, which come from <see cref="Loaded"/>.</param>
    public static async Task<IReadOnlyList<EvidenceSection>> OfAsync(
        SlipwayDbContext db, IReadOnlyList<EvidenceColumn> columns, IReadOnlyList<ModelVersion> versions, string? note, CancellationToken cancellationToken)
    {
        var runs = await FindLineage.RunsAsync(db, [.. versions.Select(v => v.SourceRunId).OfType<string>().Distinct()], cancellationToken);
        RunInfo? RunOf(ModelVersion version) => version.SourceRunId is { } id ? runs.GetValueOrDefault(id) : null;
        var sections = new List<EvidenceSection>
        {
            new("Version", columns,
            [
                Row("Stage", "text", versions, v => v.Stage.ToString()),
                Row("Label", "text", versions, v => v.Label),
                Row("Description", "text", versions, v => v.Description),
                Row("Created by", "text", versions, v => v.CreatedBy),
                Row("Created", "time", versions, v => v.CreatedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
                Row("Source", "text", versions, v => v.SourceUri),
                Row("Source run", "text", versions, v => v.SourceRunId is null ? null : RunOf(v) is { } run ? $"{run.ExperimentName} / {Called(run)}" : $"{v.SourceRunId}, which is gone")
                    with { Resources = [.. versions.Select(v => RunOf(v) is { } run ? $"runs/{run.Id}" : null)] },
                Row("Fine-tuned from", "text", versions, v => v.Parent is { } parent ? $"{parent.Model} v{parent.Number}" : null),
                Row("Aliases", "text", versions, v => Joined(v.Aliases.Select(a => a.Name))),
                Row("Runnable", "text", versions, v => v.Package.Runnable ? v.Package.Runtime : $"no: {v.Package.NotRunnableReason}"),
                Row("Kind of package", "text", versions, v => v.Package.Detected),
                Row("Requirements", "text", versions, v => Joined(v.Package.Requirements)),
                Row("Files", "number", versions, v => v.Files.Count.ToString(CultureInfo.InvariantCulture)),
                Row("Size", "bytes", versions, v => v.SizeBytes.ToString(CultureInfo.InvariantCulture)),
                Row("Content", "hash", versions, v => v.Digest),
            ], note),
        };
        foreach (var (space, title) in new[] { (MetricNamespace.Validation, "Validation metrics"), (MetricNamespace.Training, "Training metrics") })
        {
            AddPairs(sections, title, columns, versions, v => v.Metrics.Where(m => m.Namespace == space).ToDictionary(m => m.Key, m => m.Number.ToString("R", CultureInfo.InvariantCulture)), "number");
        }

        AddPairs(sections, "Parameters", columns, versions, v => v.Parameters.ToDictionary(p => p.Key, p => p.Value));
        AddPairs(sections, "Data sets", columns, versions, v => v.Datasets.GroupBy(d => d.Name).ToDictionary(d => d.Key, d => Said(d.First())));
        AddPairs(sections, "Tags", columns, versions, v => v.Tags.ToDictionary(t => t.Key, t => t.Value));
        AddPairs(sections, "Metadata", columns, versions, v => JsonSerializer.Deserialize(v.Metadata, ContractsJson.Default.DictionaryStringString)!);
        return sections;
    }

    /// <summary>Where the versions are deployed now, a row for each deployment.</summary>
    /// <param name="found">Deployments of each of <paramref name="versions"/>, by the version's id.</param>
    public static EvidenceSection Deployed(IReadOnlyList<EvidenceColumn> columns, IReadOnlyList<ModelVersion> versions, ILookup<Guid, VersionDeploymentInfo> found)
    {
        var now = versions.Select(v => found[v.Id].Where(d => d.Use != "earlier").ToDictionary(d => $"{d.Environment}/{d.Name}")).ToList();
        var names = now.SelectMany(d => d.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        return new EvidenceSection(
            "Deployed now", columns,
            names.ConvertAll(name => new EvidenceRow(
                name, "text", now.ConvertAll(d => d.GetValueOrDefault(name) is { } one ? $"{(one.Use == "live" ? "live" : "rolling out")}, revision {one.Revision}" : null),
                now.ConvertAll(d => d.ContainsKey(name) ? $"deployments/{name}" : null))),
            names.Count == 0 ? "No deployment runs any of these." : null);
    }

    private static string Called(RunInfo run) => run.Name is { Length: > 0 } name ? name : run.Id[..Math.Min(8, run.Id.Length)];

    private static void AddPairs(
        List<EvidenceSection> sections, string title, IReadOnlyList<EvidenceColumn> columns, IReadOnlyList<ModelVersion> versions, Func<ModelVersion, Dictionary<string, string>> pairs,
        string kind = "text")
    {
        var all = versions.Select(pairs).ToList();
        var keys = all.SelectMany(p => p.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        if (keys.Count > 0)
        {
            sections.Add(new EvidenceSection(title, columns, keys.ConvertAll(key => new EvidenceRow(key, kind, all.ConvertAll(p => p.GetValueOrDefault(key))))));
        }
    }

    private static string Said(VersionDataset data) => string.Join(", ", new[] { data.Uri, data.Digest, data.Description }.OfType<string>());

    private static EvidenceRow Row(string label, string kind, IReadOnlyList<ModelVersion> versions, Func<ModelVersion, string?> value) =>
        new(label, kind, [.. versions.Select(value)]);

    private static string? Joined(IEnumerable<string> words) => string.Join(", ", words.Order(StringComparer.Ordinal)) is { Length: > 0 } text ? text : null;
}
