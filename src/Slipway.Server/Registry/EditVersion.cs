using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Names a version as its address does.</summary>
/// <param name="Reference">3, v3, a label or @alias.</param>
/// <param name="IfMatch">The ETag that the caller has read; null: whatever it is now.</param>
internal sealed record VersionAddress(string Model, string Reference, string? IfMatch = null);

/// <summary>What a change of a version finds loaded.</summary>
/// <param name="Version">With its tags.</param>
internal sealed record VersionEdit(SlipwayDbContext Db, RegisteredModel Model, ModelVersion Version, DateTimeOffset Now);

/// <summary>What a change tells the audit trail, as short JSON.</summary>
internal sealed record AuditedEdit(string? Before, string? After);

/// <summary>The frame of every change of one version: find, ETag, the change itself, audit, change feed; in one unit.</summary>
internal sealed class EditVersion(Writes writes, AuditLog audit, FindVersions versions, TimeProvider time)
{
    /// <param name="change">Answers null when there was nothing to change.</param>
    /// <returns>The version as it now is; <c>model_not_found</c>, <c>version_not_found</c>, <c>stale_etag</c>, or what <paramref name="change"/> refuses.</returns>
    public async Task<Result<ModelVersionInfo>> RunAsync(
        VersionAddress which, Actor by, string action, Func<VersionEdit, CancellationToken, Task<Result<AuditedEdit?>>> change, CancellationToken cancellationToken)
    {
        var edited = await writes.RunAsync<int>(
            async (db, token) =>
            {
                var model = await db.Set<RegisteredModel>().SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == which.Model, token);
                if (model is null)
                {
                    return RegistryRefusals.ModelNotFound(which.Model);
                }

                var version = await db.Set<ModelVersion>().Include(v => v.Tags).Named(model.Id, which.Reference).SingleOrDefaultAsync(token);
                if (version is null)
                {
                    return RegistryRefusals.VersionNotFound(which.Model, which.Reference);
                }

                if (which.IfMatch is { } etag && !Etag.Matches(etag, version.Edit))
                {
                    return RegistryRefusals.Stale();
                }

                var now = time.GetUtcNow();
                var result = await change(new VersionEdit(db, model, version, now), token);
                if (result.Refusal is { } refusal)
                {
                    return refusal;
                }

                if (result.Value is { } audited)
                {
                    model.Touch(now);
                    audit.Record(db, by, action, "version", $"{model.Name}/{version.Number}", audited.Before, audited.After);
                    db.Changed("model", $"models/{model.Name}");
                    db.Changed("version", $"models/{model.Name}/versions/{version.Number}");
                }

                return version.Number;
            },
            cancellationToken);
        return edited.Refusal is { } no ? no : await versions.OneAsync(which.Model, $"{edited.Value}", cancellationToken);
    }
}
