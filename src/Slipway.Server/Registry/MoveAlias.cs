using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Makes, moves and deletes aliases; each move is kept.</summary>
/// <remarks>Every move writes the model's row, so two of one alias are always one after the other.</remarks>
internal sealed class MoveAlias(Writes writes, IEnumerable<IReferenceUse> uses, AuditLog audit, IEventOutbox outbox, TimeProvider time)
{
    /// <returns>The alias, <c>invalid_field</c>, <c>model_not_found</c> or <c>version_not_found</c>.</returns>
    public async Task<Result<AliasInfo>> SetAsync(string modelName, string alias, SetAliasRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (!ModelAlias.IsName(alias))
        {
            return RegistryRefusals.BadAlias();
        }

        if (string.IsNullOrEmpty(request.Version))
        {
            return Refusal.Field("version", "Name the version that the alias is to point to: 3, v3, a label or @alias.");
        }

        return await writes.RunAsync<AliasInfo>(
            async (db, token) =>
            {
                var model = await db.Set<RegisteredModel>().SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == modelName, token);
                if (model is null)
                {
                    return RegistryRefusals.ModelNotFound(modelName);
                }

                var version = await db.Set<ModelVersion>().Named(model.Id, request.Version).Select(v => new { v.Id, v.Number }).SingleOrDefaultAsync(token);
                if (version is null)
                {
                    return RegistryRefusals.VersionNotFound(modelName, request.Version);
                }

                var now = time.GetUtcNow();
                var there = await db.Set<ModelAlias>().SingleOrDefaultAsync(a => a.ModelId == model.Id && a.Name == alias, token);
                if (there?.VersionId == version.Id)
                {
                    return new AliasInfo(alias, version.Number, there.MovedAt, there.MovedBy);
                }

                int? from = null;
                if (there is null)
                {
                    db.Add(new ModelAlias { ModelId = model.Id, Name = alias, VersionId = version.Id, MovedAt = now, MovedBy = by.Name });
                }
                else
                {
                    from = await db.Set<ModelVersion>().Where(v => v.Id == there.VersionId).Select(v => v.Number).SingleAsync(token);
                    (there.VersionId, there.MovedAt, there.MovedBy) = (version.Id, now, by.Name);
                }

                Record(db, model, alias, from, version.Number, by, now);
                return new AliasInfo(alias, version.Number, now, by.Name);
            },
            cancellationToken);
    }

    /// <returns>Done, <c>model_not_found</c>, <c>alias_not_found</c> or <c>alias_followed</c>.</returns>
    public Task<Result> DeleteAsync(string modelName, string alias, Actor by, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var model = await db.Set<RegisteredModel>().SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == modelName, token);
            if (model is null)
            {
                return RegistryRefusals.ModelNotFound(modelName);
            }

            var there = await db.Set<ModelAlias>().SingleOrDefaultAsync(a => a.ModelId == model.Id && a.Name == alias, token);
            if (there is null)
            {
                return RegistryRefusals.AliasNotFound(modelName, alias);
            }

            if (await uses.RefuseAsync(db, modelName, [alias], token) is { } followed)
            {
                return followed;
            }

            var from = await db.Set<ModelVersion>().Where(v => v.Id == there.VersionId).Select(v => v.Number).SingleAsync(token);
            db.Remove(there);
            Record(db, model, alias, from, null, by, time.GetUtcNow());
            return Result.Done;
        },
        cancellationToken);

    private void Record(SlipwayDbContext db, RegisteredModel model, string alias, int? from, int? to, Actor by, DateTimeOffset now)
    {
        model.Touch(now);
        db.Add(AliasMove.Of(model.Id, alias, from, to, by, now));
        outbox.Record(db, EventTypes.AliasMoved, $"models/{model.Name}/aliases/{alias}", new JsonObject
        {
            ["model"] = model.Name, ["alias"] = alias, ["from_version"] = from, ["to_version"] = to, ["by"] = by.Name,
        });
        audit.Record(
            db, by, to is null ? "alias.deleted" : "alias.moved", "alias", $"{model.Name}@{alias}", from is null ? null : $$"""{"version":{{from}}}""", to is null ? null : $$"""{"version":{{to}}}""");
        db.Changed("model", $"models/{model.Name}");
        db.Changed("alias", $"models/{model.Name}/aliases/{alias}");
    }
}
