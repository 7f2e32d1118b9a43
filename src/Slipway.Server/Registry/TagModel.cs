using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Gives a model's tag a value, and takes tags away. (The list of tags as a whole is <see cref="UpdateModel"/>'s.)</summary>
internal sealed class TagModel(Writes writes, AuditLog audit, FindModels models, TimeProvider time)
{
    /// <returns>The model as it now is, <c>invalid_field</c>, <c>model_not_found</c> or <c>too_many_tags</c>.</returns>
    public async Task<Result<ModelInfo>> SetAsync(string name, SetTagRequest tag, Actor by, CancellationToken cancellationToken) => TagVersion.IsTag(tag)
        ? await RunAsync(
            name, by, "model.tagged",
            (model, now) =>
            {
                var there = model.Tags.Find(t => t.Tag == tag.Key);
                if (there is null && model.Tags.Count >= RegisteredModel.MostTags)
                {
                    return RegistryRefusals.TooManyTags();
                }

                var before = there is null ? null : TagVersion.Audited(tag.Key, there.Value ?? "");
                model.Tag(tag.Key, tag.Value, now);
                return new AuditedEdit(before, TagVersion.Audited(tag.Key, tag.Value));
            },
            cancellationToken)
        : RegistryRefusals.BadTag();

    /// <returns>The model as it now is, <c>model_not_found</c> or <c>tag_not_found</c>.</returns>
    public Task<Result<ModelInfo>> DeleteAsync(string name, string key, Actor by, CancellationToken cancellationToken) => RunAsync(
        name, by, "model.untagged",
        (model, now) =>
        {
            var value = model.Tags.Find(t => t.Tag == key)?.Value ?? "";
            return model.Untag(key, now) ? new AuditedEdit(TagVersion.Audited(key, value), null) : RegistryRefusals.TagNotFound(key);
        },
        cancellationToken);

    private async Task<Result<ModelInfo>> RunAsync(
        string name, Actor by, string action, Func<RegisteredModel, DateTimeOffset, Result<AuditedEdit>> change, CancellationToken cancellationToken)
    {
        var changed = await writes.RunAsync(
            async (db, token) =>
            {
                var model = await db.Set<RegisteredModel>().Include(m => m.Tags).SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == name, token);
                if (model is null)
                {
                    return RegistryRefusals.ModelNotFound(name);
                }

                var result = change(model, time.GetUtcNow());
                if (result.Refusal is { } refusal)
                {
                    return refusal;
                }

                audit.Record(db, by, action, "model", name, result.Value.Before, result.Value.After);
                db.Changed("model", $"models/{name}");
                return Result.Done;
            },
            cancellationToken);
        return changed.Refusal is { } no ? no : await models.OneAsync(name, cancellationToken);
    }
}
