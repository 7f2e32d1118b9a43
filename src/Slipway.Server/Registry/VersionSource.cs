using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Platform;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Registry;

/// <summary>What a version is about to be made of: files of an upload, or of a run.</summary>
/// <param name="Files">In the order of their paths.</param>
internal sealed record VersionSource(IReadOnlyList<SourceFile> Files)
{
    /// <summary>The upload that ends with the version; null: a run.</summary>
    public Guid? UploadId { get; init; }

    /// <summary>The run, and what the version keeps of it; null: an upload.</summary>
    public RunOrigin? Run { get; init; }

    public static VersionSource Of(Upload upload) =>
        new([.. upload.Files.Select(f => new SourceFile(f.Path, f.SizeBytes, f.Sha256)).OrderBy(f => f.Path, StringComparer.Ordinal)]) { UploadId = upload.Id };
}

/// <param name="Path">As it is called in the version.</param>
internal sealed record SourceFile(string Path, long SizeBytes, string Sha256);

/// <summary>A run as it was when the version was made.</summary>
/// <param name="ArtifactPath">File or folder of the run.</param>
/// <param name="Metrics">Each with its values by rising step, one for a step.</param>
internal sealed record RunOrigin(
    string RunId, string ArtifactPath, IReadOnlyDictionary<string, IReadOnlyList<VersionMetricPoint>> Metrics, IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyList<DataSetInfo> DataSets)
{
    public string Uri => $"runs:/{RunId}/{ArtifactPath}";
}

/// <summary>Reads what a version takes over from a run: the files at a path, and a snapshot of metrics, parameters and data sets.</summary>
internal sealed class FindRunSource(RunSnapshots runs, ReadMetrics metrics)
{
    private const int MetricsAtOnce = 100;

    /// <returns>The source, <c>run_not_found</c>, <c>run_deleted</c> or 422 <c>artifact_not_found</c>.</returns>
    public async Task<Result<VersionSource>> RunAsync(string runId, string artifactPath, CancellationToken cancellationToken)
    {
        var found = await runs.OfAsync(runId, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return refusal;
        }

        var snapshot = found.Value;
        var path = artifactPath.Trim('/');
        var files = FilesOf(path, snapshot.Files);
        if (files.Count == 0)
        {
            return RegistryRefusals.ArtifactNotFound(runId, artifactPath);
        }

        return new VersionSource(files)
        {
            Run = new RunOrigin(snapshot.RunId, path, await HistoriesAsync(snapshot, cancellationToken), snapshot.Parameters, snapshot.DataSets),
        };
    }

    /// <summary>The file itself, by its last name; or what lies below the folder, as if it were the root. An empty path is the root of the run.</summary>
    public static List<SourceFile> FilesOf(string path, IEnumerable<RunArtifact> artifacts)
    {
        var folder = path.Length == 0 ? "" : $"{path}/";
        return
        [
            .. artifacts.Where(a => a.Path == path || a.Path.StartsWith(folder, StringComparison.Ordinal))
                .Select(a => new SourceFile(a.Path == path ? a.Path[(a.Path.LastIndexOf('/') + 1)..] : a.Path[folder.Length..], a.SizeBytes, a.Sha256))
                .OrderBy(f => f.Path, StringComparer.Ordinal),
        ];
    }

    private async Task<Dictionary<string, IReadOnlyList<VersionMetricPoint>>> HistoriesAsync(RunSnapshot run, CancellationToken cancellationToken)
    {
        var histories = new Dictionary<string, IReadOnlyList<VersionMetricPoint>>(StringComparer.Ordinal);
        foreach (var names in run.Metrics.Take(VersionMetric.Most).Chunk(MetricsAtOnce))
        {
            if (run.Points is { } points)
            {
                Array.ForEach(names, name => histories[name] = ByStep(points[name]));
                continue;
            }

            var series = await metrics.SeriesAsync(run.RunId, names, VersionMetric.MostPoints, cancellationToken);
            foreach (var one in series.IsRefused ? [] : series.Value.Items)
            {
                histories[one.Key] = ByStep(one.Points);
            }
        }

        return histories;
    }

    /// <summary>The last value of a step counts; points come by step and time.</summary>
    private static IReadOnlyList<VersionMetricPoint> ByStep(IEnumerable<MetricPoint> points) => [.. points.GroupBy(p => p.Step).Select(step => new VersionMetricPoint(step.Key, step.Last().Value))];
}
