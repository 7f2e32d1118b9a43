using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>
/// Makes plain versions of artifacts of runs, those that wait together in one unit: one question for their models, one for the files of their runs, and one kind of statement for each table.
/// A sweep or a pipeline registers what many runs have made at a time.
/// </summary>
internal sealed class VersionLane : HostedLoop
{
    private const int Most = 64;

    /// <summary>Prepared once: putting a question into SQL costs more than asking it.</summary>
    private readonly Func<SlipwayDbContext, string[], IAsyncEnumerable<RegisteredModel>> modelsNamed = EF.CompileAsyncQuery(
        (SlipwayDbContext db, string[] names) => db.Set<RegisteredModel>().Where(m => m.ProjectId == Project.Default && names.Contains(m.Name)));

    private readonly Lane<Making, Result<ModelVersionInfo>> lane;
    private readonly Writes writes;
    private readonly AuditLog audit;
    private readonly IEventOutbox outbox;
    private readonly TimeProvider time;

    public VersionLane(Writes writes, AuditLog audit, IEventOutbox outbox, TimeProvider time)
    {
        (this.writes, this.audit, this.outbox, this.time) = (writes, audit, outbox, time);
        lane = new Lane<Making, Result<ModelVersionInfo>>(Most, _ => 1, MakeTogetherAsync);
    }

    /// <summary>Makes a version of a run, without label and parent; durable when it returns.</summary>
    /// <returns>The version, <c>model_not_found</c>, or <c>artifact_changed</c>.</returns>
    public Task<Result<ModelVersionInfo>> CreateAsync(
        string model, VersionSource source, CreateVersionRequest request, PackageFacts package, Actor by, CancellationToken cancellationToken) =>
        lane.AskAsync(new Making(model, source, source.Run!, request, package, by), cancellationToken);

    protected override Task LoopAsync(CancellationToken stoppingToken) => lane.RunAsync(stoppingToken);

    private async Task<IReadOnlyList<Result<ModelVersionInfo>>> MakeTogetherAsync(IReadOnlyList<Making> together, CancellationToken cancellationToken)
    {
        var made = await writes.RunAsync<List<Result<ModelVersionInfo>>>(
            async (db, token) =>
            {
                var names = together.Select(m => m.Model).Distinct(StringComparer.Ordinal).ToArray();
                var models = await modelsNamed(db, names).ToDictionaryAsync(m => m.Name, StringComparer.Ordinal, token);
                var files = await FindRuns.FilesOfAllAsync(db, [.. together.Select(m => m.Run.RunId).Distinct(StringComparer.Ordinal)], token);
                var now = time.GetUtcNow();
                var (answers, versions, entries) = (new List<Result<ModelVersionInfo>>(), new List<ModelVersion>(), new List<AuditEntry>());
                foreach (var one in together)
                {
                    var model = models.GetValueOrDefault(one.Model);
                    if (model is null || !FindRunSource.FilesOf(one.Run.ArtifactPath, files[one.Run.RunId]).SequenceEqual(one.Source.Files))
                    {
                        answers.Add(model is null ? RegistryRefusals.ModelNotFound(one.Model) : RegistryRefusals.ArtifactChanged(one.Run.RunId));
                        continue;
                    }

                    var version = CreateVersion.Of(Guid.CreateVersion7(now), model.Id, model.TakeNumber(now), one.Source, one.Request, one.Package, one.By, now);
                    CreateVersion.Announce(db, outbox, one.Model, version, one.By);
                    versions.Add(version);
                    entries.Add(CreateVersion.AuditOf(audit, one.Model, version, one.By));
                    answers.Add(FindVersions.ToInfo(one.Model, version, []));
                }

                await RowInsert.AddAsync(db, versions, token);
                await RowInsert.AddAsync(db, versions.SelectMany(v => v.Files).ToList(), token);
                await RowInsert.AddAsync(db, versions.SelectMany(v => v.Metrics).ToList(), token);
                await RowInsert.AddAsync(db, versions.SelectMany(v => v.Parameters).ToList(), token);
                await RowInsert.AddAsync(db, versions.SelectMany(v => v.Datasets).ToList(), token);
                await RowInsert.AddAsync(db, entries, token);
                return answers;
            },
            cancellationToken);
        return made.Value;
    }

    private sealed record Making(string Model, VersionSource Source, RunOrigin Run, CreateVersionRequest Request, PackageFacts Package, Actor By);
}
