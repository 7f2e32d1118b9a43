using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry;

/// <summary>Deletes one version; its number is never used again, and its aliases go with it.</summary>
internal sealed class DeleteVersion(Writes writes, IEnumerable<IVersionUse> uses, IEnumerable<IReferenceUse> followers, SettleApprovals approvals, AuditLog audit, IEventOutbox outbox, Blobs blobs, TimeProvider time)
{
    /// <returns>Done, <c>model_not_found</c>, <c>version_not_found</c>, <c>right_missing</c>, <c>stage_protected</c>, <c>alias_followed</c>, or the refusal of <see cref="ModelVersion.RefuseDeletion"/>.</returns>
    public async Task<Result> RunAsync(string modelName, string reference, Actor by, CancellationToken cancellationToken)
    {
        var freed = await writes.RunAsync<List<Digest>>(
            async (db, token) =>
            {
                var model = await db.Set<RegisteredModel>().SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == modelName, token);
                if (model is null)
                {
                    return RegistryRefusals.ModelNotFound(modelName);
                }

                var version = await db.Set<ModelVersion>().Include(v => v.Files).Include(v => v.Aliases).AsSplitQuery().Named(model.Id, reference).SingleOrDefaultAsync(token);
                if (version is null)
                {
                    return RegistryRefusals.VersionNotFound(modelName, reference);
                }

                if (Authorize.Delete(by, version.CreatedById, inProduction: version.Stage == Stage.Production) is { } forbidden)
                {
                    return forbidden;
                }

                if (version.RefuseDeletion(await uses.WhereUsedAsync(db, [version.Id], token)) is { } refusal)
                {
                    return refusal;
                }

                if (await StageGuard.RefuseDeletionAsync(db, modelName, [(version.Number, version.Stage)], token) is { } guarded)
                {
                    return guarded;
                }

                if (await followers.RefuseAsync(db, modelName, [.. version.Aliases.Select(a => a.Name)], token) is { } followed)
                {
                    return followed;
                }

                var now = time.GetUtcNow();
                model.Touch(now);
                await approvals.CloseAsync(db, StageApproval.KindName, [version.Id], $"{modelName} v{version.Number} was deleted.", by, token);
                if (version.Stage != Stage.None)
                {
                    db.Add(Ledger.Entry(version, null, null, by, await Ledger.NextAtAsync(db, model.Id, now, token)));
                }

                foreach (var alias in version.Aliases)
                {
                    db.Add(AliasMove.Of(model.Id, alias.Name, version.Number, null, by, now));
                    outbox.Record(db, EventTypes.AliasMoved, $"models/{modelName}/aliases/{alias.Name}", new JsonObject
                    {
                        ["model"] = modelName, ["alias"] = alias.Name, ["from_version"] = version.Number, ["to_version"] = null, ["by"] = by.Name,
                    });
                    audit.Record(db, by, "alias.deleted", "alias", $"{modelName}@{alias.Name}", before: $$"""{"version":{{version.Number}}}""");
                }

                db.Set<ModelVersion>().Remove(version);
                outbox.Record(db, EventTypes.VersionDeleted, $"models/{modelName}/versions/{version.Number}", new JsonObject
                {
                    ["model"] = modelName, ["version"] = version.Number, ["digest"] = version.Digest, ["by"] = by.Name,
                });
                audit.Record(db, by, "version.deleted", "version", $"{modelName}/{version.Number}", before: $$"""{"digest":"{{version.Digest}}"}""");
                db.Outdated("");   // what was made from it says from now on that its parent is gone
                db.Changed("model", $"models/{modelName}");
                db.Changed("version", $"models/{modelName}/versions/{version.Number}");
                return version.Files.ConvertAll(f => Digest.Parse(f.Sha256));
            },
            cancellationToken);
        if (freed.Refusal is { } no)
        {
            return no;
        }

        await blobs.SweepAsync(freed.Value, cancellationToken);
        return Result.Done;
    }
}

internal static class VersionUses
{
    /// <summary>Asks everybody who may use versions.</summary>
    public static async Task<IReadOnlyList<string>> WhereUsedAsync(
        this IEnumerable<IVersionUse> uses, SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken)
    {
        var where = new List<string>();
        foreach (var use in uses)
        {
            where.AddRange(await use.WhereUsedAsync(db, versions, cancellationToken));
        }

        return where;
    }
}
