using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Registry;

/// <summary>Puts versions side by side; facts in, comparison out.</summary>
internal static class Comparison
{
    private const string Same = "same";

    /// <param name="versions">At least two, with everything loaded; the first is what the others are compared with.</param>
    /// <param name="lower">Metrics of which less is better, whatever their names say.</param>
    /// <param name="higher">The same for more.</param>
    public static VersionComparison Of(
        string model, IReadOnlyList<ModelVersion> versions, ILookup<Guid, VersionDeploymentInfo> deployments, IReadOnlyCollection<string> lower, IReadOnlyCollection<string> higher) => new(
            model,
            [
                .. versions.Select(v => new ComparedVersion(
                    v.Number, v.Label, v.Stage.ToString(), [.. v.Aliases.Select(a => a.Name).Order(StringComparer.Ordinal)], v.Description, v.Package.Detected, v.Package.Runnable,
                    v.SizeBytes, v.Digest, v.SourceRunId, v.CreatedBy, v.CreatedAt, [.. deployments[v.Id]])),
            ],
            Metrics(versions, lower, higher),
            Values(versions, v => v.Parameters.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal)),
            Values(versions, Tensors), Values(versions, Requirements), Files(versions));

    private static List<MetricComparison> Metrics(IReadOnlyList<ModelVersion> versions, IReadOnlyCollection<string> lower, IReadOnlyCollection<string> higher)
    {
        var byVersion = versions.Select(v => v.Metrics.ToDictionary(m => (m.Namespace, m.Key))).ToList();
        return
        [
            .. byVersion.SelectMany(m => m.Keys).Distinct().OrderBy(k => k.Namespace).ThenBy(k => k.Key, StringComparer.Ordinal).Select(key =>
            {
                var less = !higher.Contains(key.Key) && (lower.Contains(key.Key) || MetricDirection.LowerIsBetter(key.Key));
                return new MetricComparison(key.Namespace.ToString().ToLowerInvariant(), key.Key, less, Cells([.. byVersion.Select(m => m.GetValueOrDefault(key))], less));
            }),
        ];
    }

    private static List<MetricCell?> Cells(IReadOnlyList<VersionMetric?> row, bool lowerIsBetter)
    {
        var numbers = row.Where(m => m is { IsNaN: false }).Select(m => m!.Value).ToList();
        var differ = numbers.Distinct().Skip(1).Any();
        var best = numbers.Count == 0 ? double.NaN : lowerIsBetter ? numbers.Min() : numbers.Max();
        return [.. row.Select((m, i) => m is null ? null : new MetricCell(m.Number, i == 0 ? null : Delta(row[0], m), differ && !m.IsNaN && m.Value.Equals(best), Math.Max(1, m.Points.Count)))];
    }

    private static double? Delta(VersionMetric? first, VersionMetric metric) =>
        first is null || double.IsNaN(metric.Number - first.Number) ? null : metric.Number - first.Number;

    private static List<ValueComparison> Values(IReadOnlyList<ModelVersion> versions, Func<ModelVersion, Dictionary<string, string>> of)
    {
        var rows = versions.Select(of).ToList();
        return
        [
            .. rows.SelectMany(r => r.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(key =>
            {
                List<string?> values = [.. rows.Select(r => r.GetValueOrDefault(key))];
                return new ValueComparison(key, values, [.. values.Select(v => Change(values[0], v))]);
            }),
        ];
    }

    private static List<FileComparison> Files(IReadOnlyList<ModelVersion> versions)
    {
        var rows = versions.Select(v => v.Files.ToDictionary(f => f.Path, StringComparer.Ordinal)).ToList();
        return
        [
            .. rows.SelectMany(r => r.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(path =>
            {
                List<VersionFile?> files = [.. rows.Select(r => r.GetValueOrDefault(path))];
                return new FileComparison(
                    path, [.. files.Select(f => f is null ? null : new VersionFileInfo(f.Path, f.SizeBytes, f.Sha256))], [.. files.Select(f => Change(files[0]?.Sha256, f?.Sha256))]);
            }),
        ];
    }

    private static string Change(string? first, string? value) => (first, value) switch
    {
        (null, null) => "absent",
        (null, _) => "added",
        (_, null) => "removed",
        _ => first == value ? Same : "changed",
    };

    private static Dictionary<string, string> Tensors(ModelVersion version)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (version.Package.SignatureJson is { } json && JsonSerializer.Deserialize(json, ContractsJson.Default.ModelSignatureInfo) is { } signature)
        {
            foreach (var (role, tensor) in signature.Inputs.Select(t => ("input", t)).Concat(signature.Outputs.Select(t => ("output", t))))
            {
                found[$"{role} {tensor.Name}"] =
                    $"{tensor.Structure ?? tensor.Datatype} [{string.Join(", ", tensor.Shape.Select((size, i) => size < 0 ? tensor.Dimensions.ElementAtOrDefault(i) ?? "any" : $"{size}"))}]";
            }
        }

        return found;
    }

    /// <summary>By the requirement's name, so that another pin is a change and no removal with an addition.</summary>
    private static Dictionary<string, string> Requirements(ModelVersion version)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in version.Package.Requirements)
        {
            var end = line.AsSpan().IndexOfAny(" =<>~!;[@");
            found[end <= 0 ? line : line[..end].ToLowerInvariant()] = line;
        }

        return found;
    }
}
