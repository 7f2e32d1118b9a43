using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>
/// Tells what a version came from (run, experiment, data sets, parameters, and the same of its parents through their depth) and what was made of it (versions
/// fine-tuned from it, and where all of these are deployed).
/// </summary>
internal sealed class FindLineage(Database database, IEnumerable<IVersionDeployments> deployments)
{
    /// <summary>Newest versions of a model that its own graph begins with.</summary>
    private const int MostOfModel = 25;

    /// <returns>The graph, <c>model_not_found</c> or <c>version_not_found</c>.</returns>
    public async Task<Result<LineageInfo>> OfVersionAsync(string modelName, string reference, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await FindModels.IdAsync(db, modelName, cancellationToken) is not { } model)
        {
            return RegistryRefusals.ModelNotFound(modelName);
        }

        var ids = await db.Set<ModelVersion>().Named(model, reference).Select(v => v.Id).ToListAsync(cancellationToken);
        return ids.Count == 0 ? RegistryRefusals.VersionNotFound(modelName, reference) : await GraphAsync(db, ids, cancellationToken);
    }

    /// <summary>Of the newest versions of a model together.</summary>
    public async Task<Result<LineageInfo>> OfModelAsync(string modelName, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await FindModels.IdAsync(db, modelName, cancellationToken) is not { } model)
        {
            return RegistryRefusals.ModelNotFound(modelName);
        }

        var ids = await db.Set<ModelVersion>().Where(v => v.ModelId == model).OrderByDescending(v => v.Number).Take(MostOfModel).Select(v => v.Id).ToListAsync(cancellationToken);
        return await GraphAsync(db, ids, cancellationToken);
    }

    /// <remarks>1 the versions asked about; 2 upwards to the parents' parents; 3 downwards to what was made of them; 4 origins of all that lie above; 5 deployments of all that lie below.</remarks>
    private async Task<LineageInfo> GraphAsync(SlipwayDbContext db, List<Guid> asked, CancellationToken cancellationToken)
    {
        var graph = new LineageGraph();
        var known = new Dictionary<Guid, VersionNode>();

        // 1
        await LoadAsync(db, graph, known, asked, cancellationToken);
        asked.ForEach(id => graph.Start(known[id].Id));

        // 2
        var upwards = new HashSet<Guid>(asked);
        for (var level = asked; level.Count > 0 && !graph.IsFull;)
        {
            var links = await db.Set<VersionParent>().Where(p => level.Contains(p.VersionId)).ToListAsync(cancellationToken);
            level = [.. links.Select(l => l.ParentId).OfType<Guid>().Where(upwards.Add)];
            await LoadAsync(db, graph, known, level, cancellationToken);
            foreach (var link in links)
            {
                var parent = link.ParentId is { } id ? known.GetValueOrDefault(id)?.Id : Gone(graph, link);
                graph.Connect(parent, known[link.VersionId].Id, "fine_tuned");
            }
        }

        // 3
        var downwards = new HashSet<Guid>(asked);
        for (var level = asked; level.Count > 0 && !graph.IsFull;)
        {
            var links = await db.Set<VersionParent>().Where(p => p.ParentId != null && level.Contains(p.ParentId.Value)).ToListAsync(cancellationToken);
            level = [.. links.Select(l => l.VersionId).Where(downwards.Add)];
            await LoadAsync(db, graph, known, level, cancellationToken);
            links.ForEach(link => graph.Connect(known.GetValueOrDefault(link.ParentId!.Value)?.Id, known.GetValueOrDefault(link.VersionId)?.Id, "fine_tuned"));
        }

        // 4
        await OriginsAsync(db, graph, [.. upwards.Where(known.ContainsKey).Select(id => known[id])], cancellationToken);

        // 5
        var below = downwards.Where(known.ContainsKey).ToList();
        foreach (var group in await deployments.OfAsync(db, below, cancellationToken))
        {
            foreach (var one in group)
            {
                var id = graph.Add(
                    $"deployment/{one.Environment}/{one.Name}", "deployment", $"{one.Environment}/{one.Name}", $"deployments/{one.Environment}/{one.Name}", ("status", one.Status));
                graph.Connect(known[group.Key].Id, id, one.Use);
            }
        }

        return graph.ToInfo();
    }

    private static async Task LoadAsync(SlipwayDbContext db, LineageGraph graph, Dictionary<Guid, VersionNode> known, List<Guid> ids, CancellationToken cancellationToken)
    {
        var wanted = ids.Where(id => !known.ContainsKey(id)).ToList();
        if (wanted.Count == 0)
        {
            return;
        }

        var rows = await (
            from version in db.Set<ModelVersion>()
            join model in db.Set<RegisteredModel>() on version.ModelId equals model.Id
            where wanted.Contains(version.Id)
            orderby model.Name, version.Number descending
            select new { version.Id, model.Name, version.Number, version.Label, version.Stage, version.SourceRunId, version.CreatedBy, version.CreatedAt }).ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            var id = graph.Add(
                LineageGraph.VersionId(row.Name, row.Number), "version", $"{row.Name} v{row.Number}", $"models/{row.Name}/versions/{row.Number}", ("label", row.Label),
                ("stage", row.Stage.ToString()), ("created_by", row.CreatedBy), ("created_at", row.CreatedAt.ToString("O", CultureInfo.InvariantCulture)));
            if (id is not null)
            {
                known[row.Id] = new VersionNode(row.Id, id, row.SourceRunId);
            }
        }
    }

    private static string? Gone(LineageGraph graph, VersionParent link) =>
        graph.Add(LineageGraph.VersionId(link.Model, link.Number), "version", $"{link.Model} v{link.Number}", null, ("deleted", "true"));

    private static async Task OriginsAsync(SlipwayDbContext db, LineageGraph graph, List<VersionNode> versions, CancellationToken cancellationToken)
    {
        var ids = versions.ConvertAll(v => v.VersionId);
        var datasets = (await db.Set<VersionDataset>().Where(d => ids.Contains(d.VersionId)).ToListAsync(cancellationToken)).ToLookup(d => d.VersionId);
        var parameters = (await db.Set<VersionParameter>().Where(p => ids.Contains(p.VersionId)).ToListAsync(cancellationToken)).ToLookup(p => p.VersionId);
        var runs = await RunsAsync(db, [.. versions.Select(v => v.SourceRunId).OfType<string>().Distinct()], cancellationToken);
        foreach (var version in versions)
        {
            var user = version.Id;
            if (version.SourceRunId is { } run && AddRun(graph, run, runs.GetValueOrDefault(run)) is { } source)
            {
                graph.Connect(source, version.Id, "produced");
                user = source;
            }

            foreach (var dataset in datasets[version.VersionId].OrderBy(d => d.Position))
            {
                // The same data set of two runs is one node: by digest where there is one, else by place.
                var id = graph.Add(
                    $"dataset/{dataset.Name}/{dataset.Digest ?? dataset.Uri}", "dataset", dataset.Name, null, ("uri", dataset.Uri), ("digest", dataset.Digest), ("description", dataset.Description));
                graph.Connect(id, user, "used");
            }

            if (parameters[version.VersionId].OrderBy(p => p.Key, StringComparer.Ordinal).ToList() is { Count: > 0 } all)
            {
                const int shown = 12;
                var id = graph.Add(
                    $"parameters/{user}", "parameters", all.Count == 1 ? "1 parameter" : $"{all.Count} parameters", null,
                    [.. all.Take(shown).Select(p => (p.Key, (string?)(p.Value.Length <= 80 ? p.Value : $"{p.Value[..80]}…")))]);
                graph.Connect(id, user, "configured");
            }
        }
    }

    /// <summary>Of a run that is not there any more the version knows the id.</summary>
    private static string? AddRun(LineageGraph graph, string id, RunInfo? run)
    {
        var node = graph.Add(
            $"run/{id}", "run", run?.Name is { Length: > 0 } name ? name : id[..Math.Min(8, id.Length)], run is null ? null : $"runs/{id}", ("id", id), ("status", run?.Status), ("user", run?.User),
            ("deleted", run is { DeletedAt: null } ? null : "true"));
        if (run is not null)
        {
            var experiment = graph.Add($"experiment/{run.ExperimentId}", "experiment", run.ExperimentName, $"experiments/{run.ExperimentId}");
            graph.Connect(experiment, node, "contains");
        }

        return node;
    }

    /// <summary>Those of the runs that are there still, by id.</summary>
    public static async Task<Dictionary<string, RunInfo>> RunsAsync(SlipwayDbContext db, List<string> ids, CancellationToken cancellationToken) => ids.Count == 0
        ? []
        : (await FindRuns.InfosAsync(db, await db.Set<Run>().Where(r => ids.Contains(r.Id)).Select(r => r.Number).ToListAsync(cancellationToken), cancellationToken)).Values
            .ToDictionary(r => r.Id, StringComparer.Ordinal);

    private sealed record VersionNode(Guid VersionId, string Id, string? SourceRunId);
}
