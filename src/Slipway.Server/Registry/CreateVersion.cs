using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Registry;

/// <summary>Makes a version of a complete upload whose package Packages has looked at. The upload ends with it.</summary>
internal sealed class CreateVersion(Writes writes, AuditLog audit, TimeProvider time)
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

        return request.Metadata is { Count: > 6 } || request.Metadata?.Any(p => p.Key.Length is 0 or > 20 || p.Value is null or { Length: > 50 }) == true
            ? RegistryRefusals.BadMetadata()
            : null;
    }

    /// <returns>The version, <c>model_not_found</c>, <c>upload_not_found</c>, <c>label_taken</c>, or a refusal of <see cref="LinkParent"/>.</returns>
    public Task<Result<ModelVersionInfo>> RunAsync(
        string modelName, Guid uploadId, CreateVersionRequest request, PackageFacts package, Actor by, CancellationToken cancellationToken) =>
        writes.RunAsync<ModelVersionInfo>(
            async (db, token) =>
            {
                var model = await db.Set<RegisteredModel>().SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == modelName, token);
                if (model is null)
                {
                    return RegistryRefusals.ModelNotFound(modelName);
                }

                var upload = await db.Set<Upload>().Include(u => u.Files).SingleOrDefaultAsync(u => u.Id == uploadId && u.CreatedById == by.UserId, token);
                if (upload is null)
                {
                    return RegistryRefusals.UploadNotFound();
                }

                if (request.Label is { } label
                    && await db.Set<ModelVersion>().SingleOrDefaultAsync(v => v.ModelId == model.Id && v.Label == label, token) is { } taken)
                {
                    return RegistryRefusals.LabelTaken(label, taken.Number);
                }

                var now = time.GetUtcNow();
                var version = Of(Guid.CreateVersion7(now), model.Id, model.TakeNumber(now), upload, request, package, by, now);
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
                db.Set<Upload>().Remove(upload);
                audit.Record(db, by, "version.created", "version", $"{modelName}/{version.Number}", after: $$"""{"digest":"{{version.Digest}}"}""");
                db.Changed("model", $"models/{modelName}");
                db.Changed("version", $"models/{modelName}/versions/{version.Number}");
                return FindVersions.ToInfo(modelName, version, []);
            },
            cancellationToken);

    /// <summary>The version as it would be; saved by nobody yet.</summary>
    public static ModelVersion Of(
        Guid id, Guid modelId, int number, Upload upload, CreateVersionRequest request, PackageFacts package, Actor by, DateTimeOffset now) => new()
        {
            Id = id, ProjectId = upload.ProjectId, ModelId = modelId, Number = number, Label = request.Label, Status = VersionStatus.Ready,
            Description = request.Description, Package = package, SizeBytes = upload.Files.Sum(f => f.SizeBytes), Digest = DigestOf(upload.Files),
            Metadata = JsonSerializer.Serialize(
                new Dictionary<string, string>(request.Metadata ?? new Dictionary<string, string>()), ContractsJson.Default.DictionaryStringString),
            CreatedById = by.UserId, CreatedBy = by.Name, CreatedAt = now,
            Files = [.. upload.Files.Select(f => new VersionFile { VersionId = id, Path = f.Path, SizeBytes = f.SizeBytes, Sha256 = f.Sha256 })],
        };

    /// <summary>SHA-256 over "digest path\n" of each file, in ordinal order of the paths.</summary>
    public static string DigestOf(IEnumerable<UploadedFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Sha256} {file.Path}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
