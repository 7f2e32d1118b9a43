using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry;

/// <summary>Reads versions: for the API, and (<see cref="FindAsync"/>) for the folders that use versions.</summary>
internal sealed class FindVersions(Database database, IArtifactStore store, IEnumerable<IVersionBuilds> builds)
{
    /// <param name="Q">Beginning of a number (<c>12</c>, <c>v12</c>), or part of a label or an alias, without regard to case.</param>
    /// <param name="Stage">Those in this stage.</param>
    /// <param name="Runnable">Those that can, or cannot, be deployed.</param>
    internal sealed record Query(string? Q, string? Stage, bool? Runnable);

    /// <summary>The version that a deployment or push names.</summary>
    /// <param name="reference">3, v3, a label or @alias; null: the latest.</param>
    /// <returns>The version without its files, <c>model_not_found</c> or <c>version_not_found</c>.</returns>
    public async Task<Result<ModelVersion>> FindAsync(string model, string? reference, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var modelId = await FindModels.IdAsync(db, model, cancellationToken);
        if (modelId is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var named = reference is null
            ? db.Set<ModelVersion>().Where(v => v.ModelId == id).OrderByDescending(v => v.Number).Take(1)
            : db.Set<ModelVersion>().Named(id, reference);
        return await named.SingleOrDefaultAsync(cancellationToken) is { } version ? version : RegistryRefusals.VersionNotFound(model, reference ?? "yet");
    }

    /// <summary>The stage that a version is in, in the unit of somebody who decides on it; null: there is no such version.</summary>
    public static Task<Stage?> StageOfAsync(SlipwayDbContext unit, Guid version, CancellationToken cancellationToken) =>
        unit.Set<ModelVersion>().Where(v => v.Id == version).Select(v => (Stage?)v.Stage).SingleOrDefaultAsync(cancellationToken);

    /// <summary>The number of a model's newest version, if it is just what this user would make of this content: somebody who was cut off after making it goes on with it. Null: it is another one.</summary>
    public async Task<int?> NewestIfAsync(string model, string digest, string description, string? label, Guid by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await FindModels.IdAsync(db, model, cancellationToken) is { } id
            && await db.Set<ModelVersion>().Where(v => v.ModelId == id).OrderByDescending(v => v.Number).FirstOrDefaultAsync(cancellationToken) is { Stage: Stage.None } newest
            && newest.CreatedById == by && newest.Digest == digest && newest.Description == description && newest.Label == label
                ? newest.Number
                : null;
    }

    /// <summary>What versions turned out to be; it never changes. Those that are gone are left out.</summary>
    public async Task<IReadOnlyList<(Guid Id, PackageFacts Package)>> PackagesAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        await using var db = database.Read();
        var rows = await db.Set<ModelVersion>().Where(v => ids.Contains(v.Id)).Select(v => new { v.Id, v.Package }).ToListAsync(cancellationToken);
        return rows.ConvertAll(v => (v.Id, v.Package));
    }

    /// <summary>What versions are called besides their number now.</summary>
    public async Task<IReadOnlyList<(Guid Id, string? Label, IReadOnlyList<string> Aliases)>> NamesAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        await using var db = database.Read();
        var rows = await db.Set<ModelVersion>().Where(v => ids.Contains(v.Id)).Select(v => new { v.Id, v.Label, Aliases = v.Aliases.Select(a => a.Name).ToList() }).ToListAsync(cancellationToken);
        return rows.ConvertAll(v => (v.Id, v.Label, (IReadOnlyList<string>)v.Aliases));
    }

    public async Task<Result<ModelVersionInfo>> OneAsync(string model, string reference, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var modelId = await FindModels.IdAsync(db, model, cancellationToken);
        if (modelId is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var rows = await InfosAsync(db, model, db.Set<ModelVersion>().Named(id, reference), cancellationToken);
        return rows is [var version] ? version : RegistryRefusals.VersionNotFound(model, reference);
    }

    /// <summary>Versions of a model, highest number first.</summary>
    public async Task<Result<Page<ModelVersionInfo>>> PageAsync(string model, Query query, PageQuery page, CancellationToken cancellationToken)
    {
        var stage = Stages.Parse(query.Stage);
        if (query.Stage is { Length: > 0 } && stage is null)
        {
            return RegistryRefusals.BadStage();
        }

        var below = int.MaxValue;
        if (page.After is { } after && !int.TryParse(after, out below))
        {
            return PageQuery.TokenInvalid;
        }

        await using var db = await database.SnapshotAsync(cancellationToken);
        var modelId = await FindModels.IdAsync(db, model, cancellationToken);
        if (modelId is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var versions = db.Set<ModelVersion>().Where(v => v.ModelId == id && v.Number < below);
        if (stage is { } wanted)
        {
            versions = versions.Where(v => v.Stage == wanted);
        }

        if (query.Runnable is { } runnable)
        {
            versions = versions.Where(v => v.Package.Runnable == runnable);
        }

        if (query.Q is { Length: > 0 } text)
        {
            versions = Called(versions, text);
        }

        return page.Of(await InfosAsync(db, model, versions.OrderByDescending(v => v.Number).Take(page.Limit + 1), cancellationToken), v => v.Version.ToString(), v => v);
    }

    // Labels and aliases are ASCII, so that both databases fold their case alike.
    private static IQueryable<ModelVersion> Called(IQueryable<ModelVersion> versions, string text)
    {
        if (text[0] == '@')
        {
            var alias = text[1..].ToLowerInvariant();
            return versions.Where(v => v.Aliases.Any(a => a.Name.ToLower().Contains(alias)));
        }

        var part = text.ToLowerInvariant();
        var digits = VersionRef.LooksLikeNumber(text) ? part.TrimStart('v') : null;
        return versions.Where(v =>
            (digits != null && v.Number.ToString().StartsWith(digits)) || v.Label!.ToLower().Contains(part) || v.Aliases.Any(a => a.Name.ToLower().Contains(part)));
    }

    /// <summary>Every metric of a version with its history: training first, each by name.</summary>
    public async Task<Result<Page<VersionMetricInfo>>> MetricsAsync(string model, string reference, CancellationToken cancellationToken)
    {
        var version = await FindAsync(model, reference, cancellationToken);
        if (version.Refusal is { } refusal)
        {
            return refusal;
        }

        await using var db = database.Read();
        var metrics = await db.Set<VersionMetric>().Where(m => m.VersionId == version.Value.Id).ToListAsync(cancellationToken);
        return new Page<VersionMetricInfo>([.. metrics.OrderBy(m => m.Namespace).ThenBy(m => m.Key, StringComparer.Ordinal).Select(m => m.ToInfo())], null);
    }

    /// <summary>One file of a version. The path is looked up as text; it never names anything on a disk.</summary>
    /// <returns>A seekable stream that the caller disposes of.</returns>
    public async Task<Result<(VersionFile File, Stream Content)>> OpenFileAsync(string model, string reference, string path, CancellationToken cancellationToken)
    {
        var version = await FindAsync(model, reference, cancellationToken);
        if (version.Refusal is { } refusal)
        {
            return refusal;
        }

        await using var db = database.Read();
        var file = path.Contains('\0', StringComparison.Ordinal)
            ? null
            : await db.Set<VersionFile>().SingleOrDefaultAsync(f => f.VersionId == version.Value.Id && f.Path == path, cancellationToken);
        return file is null ? RegistryRefusals.FileNotFound(path) : (file, store.Open(Digest.Parse(file.Sha256)));
    }

    private async Task<List<ModelVersionInfo>> InfosAsync(SlipwayDbContext db, string model, IQueryable<ModelVersion> query, CancellationToken cancellationToken)
    {
        var versions = await query.Include(v => v.Files).Include(v => v.Tags).Include(v => v.Aliases).Include(v => v.Metrics).Include(v => v.Parameters).Include(v => v.Datasets)
            .Include(v => v.Parent).AsSplitQuery().OrderByDescending(v => v.Number).ToListAsync(cancellationToken);
        var made = new List<ILookup<Guid, BuildInfo>>();
        foreach (var answer in builds)
        {
            made.Add(await answer.OfAsync(db, [.. versions.Select(v => v.Id)], cancellationToken));
        }

        return versions.ConvertAll(v => ToInfo(model, v, [.. made.SelectMany(b => b[v.Id])]));
    }

    public static ModelVersionInfo ToInfo(string model, ModelVersion version, IReadOnlyList<BuildInfo> builds) => new(
        model, version.Number, version.Label, version.Status.ToString().ToLowerInvariant(), version.Stage.ToString(), version.Description,
        version.Package.Detected, version.Package.Runtime, version.Package.Runnable, version.Package.NotRunnableReason, version.Package.Warnings,
        [.. version.Files.OrderBy(f => f.Path, StringComparer.Ordinal).Select(f => new VersionFileInfo(f.Path, f.SizeBytes, f.Sha256))],
        version.SizeBytes, version.Digest,
        JsonSerializer.Deserialize(version.Metadata, ContractsJson.Default.DictionaryStringString)!,
        version.Package.ExampleInput is { } example ? JsonElement.Parse(example) : null,
        version.Package.ConfigText, version.Package.Requirements, version.CreatedBy, version.CreatedAt, builds,
        new SortedDictionary<string, string>(version.Tags.ToDictionary(t => t.Key, t => t.Value), StringComparer.Ordinal),
        [.. version.Aliases.Select(a => a.Name).Order(StringComparer.Ordinal)], version.SourceUri, version.EditedAt ?? version.CreatedAt, Etag.Of(version.Edit),
        version.Package.SignatureJson is { } signature ? JsonSerializer.Deserialize(signature, ContractsJson.Default.ModelSignatureInfo) : null,
        InputView(version.Package.ConfigJson), Last(version, MetricNamespace.Training), Last(version, MetricNamespace.Validation),
        new SortedDictionary<string, string>(version.Parameters.ToDictionary(p => p.Key, p => p.Value), StringComparer.Ordinal),
        [.. version.Datasets.OrderBy(d => d.Position).Select(d => d.ToInfo())], version.SourceRunId, version.Parent?.ToInfo());

    private static SortedDictionary<string, double> Last(ModelVersion version, MetricNamespace space) =>
        new(version.Metrics.Where(m => m.Namespace == space).ToDictionary(m => m.Key, m => m.Number), StringComparer.Ordinal);

    private static JsonElement? InputView(string? configJson) =>
        configJson is not null && JsonElement.Parse(configJson).TryGetProperty("model_metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty("input_view", out var view) ? view : null;
}
