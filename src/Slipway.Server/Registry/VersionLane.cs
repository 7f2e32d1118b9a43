using System.Diagnostics;
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

    private readonly Lane<Making, Result<ModelVersion>> lane;
    private readonly Writes writes;
    private readonly AuditLog audit;
    private readonly IEventOutbox outbox;
    private readonly TimeProvider time;

    public VersionLane(Writes writes, AuditLog audit, IEventOutbox outbox, TimeProvider time)
    {
        (this.writes, this.audit, this.outbox, this.time) = (writes, audit, outbox, time);
        lane = new Lane<Making, Result<ModelVersion>>(Most, _ => 1, MakeTogetherAsync, writes.AreInTurn);
    }

    /// <summary>Makes a version of a run, without label and parent; durable when it returns.</summary>
    /// <returns>The version, <c>model_not_found</c>, or <c>artifact_changed</c>.</returns>
    public async Task<Result<ModelVersionInfo>> CreateAsync(
        string model, VersionSource source, CreateVersionRequest request, PackageFacts package, Actor by, CancellationToken cancellationToken)
    {
        // What needs no unit is done before and after it: all others wait for theirs meanwhile.
        var made = await lane.AskAsync(new Making(model, source, source.Run!, CreateVersion.DigestOf(source.Files), request, package, by, Activity.Current?.Id), cancellationToken);
        return made.Refusal is { } refusal ? refusal : FindVersions.ToInfo(model, made.Value, []);
    }

    protected override Task LoopAsync(CancellationToken stoppingToken) => lane.RunAsync(stoppingToken);

    private async Task<IReadOnlyList<Result<ModelVersion>>> MakeTogetherAsync(Func<IReadOnlyList<Making>> take, CancellationToken cancellationToken)
    {
        var made = await writes.RunAsync<List<Result<ModelVersion>>>(
            async (db, token) =>
            {
                var together = take();
                var numbers = await VersionNumbers.OfAsync(db, together.Select(m => m.Model), token);
                var files = await FindRuns.FilesOfAllAsync(db, [.. together.Select(m => m.Run.RunId).Distinct(StringComparer.Ordinal)], token);
                var now = time.GetUtcNow();
                var (answers, versions, entries) = (new List<Result<ModelVersion>>(), new List<ModelVersion>(), new List<AuditEntry>());
                foreach (var one in together)
                {
                    if (!numbers.Knows(one.Model) || !FindRunSource.FilesOf(one.Run.ArtifactPath, files[one.Run.RunId]).SequenceEqual(one.Source.Files))
                    {
                        answers.Add(numbers.Knows(one.Model) ? RegistryRefusals.ArtifactChanged(one.Run.RunId) : RegistryRefusals.ModelNotFound(one.Model));
                        continue;
                    }

                    var (model, number) = numbers.Take(one.Model);
                    var version = CreateVersion.Of(Guid.CreateVersion7(now), model, number, one.Source, one.Digest, one.Request, one.Package, one.By, now);
                    db.Traceparent = one.Traceparent;
                    CreateVersion.Announce(db, outbox, one.Model, version, one.By);
                    versions.Add(version);
                    entries.Add(CreateVersion.AuditOf(audit, one.Model, version, one.By));
                    answers.Add(version);
                }

                await numbers.StoreAsync(db, now, token);
                await RowInsert.AddAsync(db, versions, token);
                await RowInsert.AddAsync(db, versions.SelectMany(v => v.Files).ToList(), token);
                await RowInsert.AddAsync(db, versions.SelectMany(v => v.Metrics).ToList(), token);
                await RowInsert.AddAsync(db, versions.SelectMany(v => v.Parameters).ToList(), token);
                await RowInsert.AddAsync(db, versions.SelectMany(v => v.Datasets).ToList(), token);
                await AuditInsert.AddAsync(db, entries, token);
                return answers;
            },
            cancellationToken);
        return made.Value;
    }

    private sealed record Making(string Model, VersionSource Source, RunOrigin Run, string Digest, CreateVersionRequest Request, PackageFacts Package, Actor By, string? Traceparent);
}
