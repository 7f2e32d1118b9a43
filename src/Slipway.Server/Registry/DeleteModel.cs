using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;

namespace Slipway.Server.Registry;

/// <summary>Deletes a model with all its versions, for good.</summary>
internal sealed class DeleteModel(Writes writes, IEnumerable<IVersionUse> uses, IEnumerable<IReferenceUse> followers, SettleApprovals approvals, AuditLog audit, IEventOutbox outbox, Blobs blobs)
{
    /// <returns>Done, <c>model_not_found</c>, <c>version_in_production</c>, <c>stage_protected</c>, <c>version_in_use</c> or <c>alias_followed</c>.</returns>
    public async Task<Result> RunAsync(string name, Actor by, CancellationToken cancellationToken)
    {
        var freed = await writes.RunAsync<List<Digest>>(
            async (db, token) =>
            {
                var model = await db.Set<RegisteredModel>().SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == name, token);
                if (model is null)
                {
                    return RegistryRefusals.ModelNotFound(name);
                }

                var versions = await db.Set<ModelVersion>().Include(v => v.Files).Where(v => v.ModelId == model.Id).OrderBy(v => v.Number).ToListAsync(token);
                var aliases = await db.Set<ModelAlias>().Where(a => a.ModelId == model.Id).Select(a => a.Name).ToListAsync(token);
                if ((await RefuseAsync(db, model.Id, name, uses, token) ?? await followers.RefuseAsync(db, name, aliases, token)) is { } refusal)
                {
                    return refusal;
                }

                await approvals.CloseAsync(db, StageApproval.KindName, versions.ConvertAll(v => v.Id), $"the model {name} was deleted.", by, token);
                db.Set<ModelVersion>().RemoveRange(versions);
                db.Set<RegisteredModel>().Remove(model);
                foreach (var version in versions)
                {
                    outbox.Record(db, EventTypes.VersionDeleted, $"models/{name}/versions/{version.Number}", new JsonObject
                    {
                        ["model"] = name, ["version"] = version.Number, ["digest"] = version.Digest, ["by"] = by.Name,
                    });
                }

                audit.Record(db, by, "model.deleted", "model", name, before: $$"""{"versions":{{versions.Count}}}""");
                db.Outdated("");   // what was made from it says from now on that its parent is gone
                db.Changed("model", $"models/{name}");
                return versions.SelectMany(v => v.Files).Select(f => Digest.Parse(f.Sha256)).Distinct().ToList();
            },
            cancellationToken);
        if (freed.Refusal is { } no)
        {
            return no;
        }

        await blobs.SweepAsync(freed.Value, cancellationToken);
        return Result.Done;
    }

    /// <summary>Why a model cannot be deleted: a version in Production or another protected stage, or one that is used. Null: it can.</summary>
    public static async Task<Refusal?> RefuseAsync(SlipwayDbContext db, Guid modelId, string name, IEnumerable<IVersionUse> uses, CancellationToken cancellationToken)
    {
        var versions = await db.Set<ModelVersion>().Where(v => v.ModelId == modelId).OrderBy(v => v.Number).Select(v => new { v.Id, v.Number, v.Stage }).ToListAsync(cancellationToken);
        if (versions.Find(v => v.Stage == Stage.Production) is { } production)
        {
            return RegistryRefusals.VersionInProduction(production.Number);
        }

        if (await StageGuard.RefuseDeletionAsync(db, name, versions.Select(v => (v.Number, v.Stage)), cancellationToken) is { } guarded)
        {
            return guarded;
        }

        if (await uses.WhereUsedAsync(db, versions.ConvertAll(v => v.Id), cancellationToken) is not { Count: > 0 } used)
        {
            return null;
        }

        return RegistryRefusals.ModelInUse(used);
    }
}
