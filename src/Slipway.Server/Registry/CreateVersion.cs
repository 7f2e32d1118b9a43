using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Registry;

/// <summary>Makes a version of a complete upload, which ends with it, or of an artifact of a run. Packages has looked at the content before.</summary>
internal sealed class CreateVersion(Writes writes, VersionLane lane, AuditLog audit, IEventOutbox outbox, TimeProvider time)
{
    /// <summary>What can be refused without looking at the package.</summary>
    public static Refusal? Check(CreateVersionRequest request)
    {
        if (request.Label is not null && !VersionRef.IsLabel(request.Label))
        {
            return RegistryRefusals.BadLabel();
        }

        if (request.Description is { Length: > 5000 })
        {
            return Refusal.Field("description", "A description has at most 5,000 characters.");
        }

        if ((request.UploadId is null) == (request.SourceRunId is null) || (request.ArtifactPath is not null && request.SourceRunId is null))
        {
            return RegistryRefusals.BadSource();
        }

        if (request.SourceRunId is not null && request.ArtifactPath is null)
        {
            return Refusal.Field("artifact_path", "Name the file or folder of the run, such as model.pt; an empty text is everything that it holds.");
        }

        return request.Metadata is { Count: > 6 } || request.Metadata?.Any(p => p.Key.Length is 0 or > 20 || p.Value is null or { Length: > 50 }) == true
            ? RegistryRefusals.BadMetadata()
            : null;
    }

    /// <returns>The version, <c>model_not_found</c>, <c>upload_not_found</c>, <c>artifact_changed</c>, <c>label_taken</c>, or a refusal of <see cref="LinkParent"/>.</returns>
    public Task<Result<ModelVersionInfo>> RunAsync(
        string modelName, VersionSource source, CreateVersionRequest request, PackageFacts package, Actor by, CancellationToken cancellationToken) =>
        source.Run is not null && request is { Label: null, Parent: null or "" }
            ? lane.CreateAsync(modelName, source, request, package, by, cancellationToken)
            : AloneAsync(modelName, source, request, package, by, cancellationToken);

    private Task<Result<ModelVersionInfo>> AloneAsync(
        string modelName, VersionSource source, CreateVersionRequest request, PackageFacts package, Actor by, CancellationToken cancellationToken) =>
        writes.RunAsync<ModelVersionInfo>(
            async (db, token) =>
            {
                var model = await db.Set<RegisteredModel>().SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == modelName, token);
                if (model is null)
                {
                    return RegistryRefusals.ModelNotFound(modelName);
                }

                if (await TakeAsync(db, source, by, token) is { } gone)
                {
                    return gone;
                }

                if (request.Label is { } label
                    && await db.Set<ModelVersion>().Where(v => v.ModelId == model.Id && v.Label == label).Select(v => (int?)v.Number).SingleOrDefaultAsync(token) is { } taken)
                {
                    return RegistryRefusals.LabelTaken(label, taken);
                }

                var now = time.GetUtcNow();
                var version = Of(Guid.CreateVersion7(now), model.Id, model.TakeNumber(now), source, DigestOf(source.Files), request, package, by, now);
                if (request.Parent is { Length: > 0 } parent)
                {
                    var link = await LinkParent.FindAsync(db, version.Id, parent, token);
                    if (link.Refusal is { } unfit)
                    {
                        return unfit;
                    }

                    version.Parent = link.Value;
                }

                db.Set<ModelVersion>().Add(version);
                Announce(db, outbox, modelName, version, by);
                db.Add(AuditOf(audit, modelName, version, by));
                return FindVersions.ToInfo(modelName, version, []);
            },
            cancellationToken);

    /// <summary>Tells webhooks, pages and what is kept, in the unit that makes the version.</summary>
    public static void Announce(SlipwayDbContext unit, IEventOutbox outbox, string model, ModelVersion version, Actor by)
    {
        outbox.Record(unit, EventTypes.VersionCreated, $"models/{model}/versions/{version.Number}", new JsonObject
        {
            ["model"] = model, ["version"] = version.Number, ["digest"] = version.Digest, ["source"] = version.SourceUri, ["by"] = by.Name,
        });
        unit.Added("model", $"models/{model}");   // all that changed of it is its latest version
        unit.Added("version", $"models/{model}/versions/{version.Number}");
        by.Claimed(unit, "version", $"models/{model}/versions/{version.Number}");
    }

    public static AuditEntry AuditOf(AuditLog audit, string model, ModelVersion version, Actor by) => audit.Entry(
        by, "version.created", "version", $"{model}/{version.Number}",
        after: version.SourceRunId is { } run ? $$"""{"digest":"{{version.Digest}}","run":"{{run}}"}""" : $$"""{"digest":"{{version.Digest}}"}""");

    /// <summary>Makes sure, in the unit that begins to refer to the files, that they are still there: ends the upload, or looks at the run again.</summary>
    private static async Task<Refusal?> TakeAsync(SlipwayDbContext db, VersionSource source, Actor by, CancellationToken cancellationToken)
    {
        if (source.Run is { } run)
        {
            var now = FindRunSource.FilesOf(run.ArtifactPath, await FindRuns.FilesAsync(db, run.RunId, run.ArtifactPath, cancellationToken));
            return now.SequenceEqual(source.Files) ? null : RegistryRefusals.ArtifactChanged(run.RunId);
        }

        var upload = await db.Set<Upload>().Include(u => u.Files).SingleOrDefaultAsync(u => u.Id == source.UploadId && u.CreatedById == by.UserId, cancellationToken);
        if (upload is null)
        {
            return RegistryRefusals.UploadNotFound();
        }

        db.Set<Upload>().Remove(upload);
        return null;
    }

    /// <summary>The version as it would be; saved by nobody yet.</summary>
    /// <param name="digest"><see cref="DigestOf"/> its files.</param>
    public static ModelVersion Of(
        Guid id, Guid modelId, int number, VersionSource source, string digest, CreateVersionRequest request, PackageFacts package, Actor by, DateTimeOffset now) => new()
        {
            Id = id, ProjectId = Project.Default, ModelId = modelId, Number = number, Label = request.Label, Status = VersionStatus.Ready,
            Description = request.Description, Package = package, SizeBytes = source.Files.Sum(f => f.SizeBytes), Digest = digest,
            Metadata = JsonSerializer.Serialize(
                new Dictionary<string, string>(request.Metadata ?? new Dictionary<string, string>()), ContractsJson.Default.DictionaryStringString),
            CreatedById = by.UserId, CreatedBy = by.Name, CreatedAt = now, SourceRunId = source.Run?.RunId, SourceUri = source.Run?.Uri,
            Files = [.. source.Files.Select(f => new VersionFile { VersionId = id, Path = f.Path, SizeBytes = f.SizeBytes, Sha256 = f.Sha256 })],
            Metrics = [.. source.Run?.Metrics.Where(m => m.Value.Count > 0).Select(m => VersionMetric.Snapshot(id, m.Key, m.Value, now)) ?? []],
            Parameters = [.. source.Run?.Parameters.Select(p => new VersionParameter { VersionId = id, Key = p.Key, Value = p.Value }) ?? []],
            Datasets =
            [
                .. source.Run?.DataSets.Select((d, i) => new VersionDataset { VersionId = id, Position = i, Name = d.Name, Uri = d.Path, Digest = d.Digest, Description = d.Description }) ?? [],
            ],
        };

    /// <summary>SHA-256 over "digest path\n" of each file, in ordinal order of the paths.</summary>
    public static string DigestOf(IEnumerable<SourceFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Sha256} {file.Path}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
