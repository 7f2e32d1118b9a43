using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Changes description and tags; what the request leaves out stays.</summary>
internal sealed class UpdateModel(Writes writes, AuditLog audit, FindModels models, TimeProvider time)
{
    /// <returns>The model as it now is, <c>invalid_field</c>, <c>model_not_found</c> or <c>stale_etag</c>.</returns>
    public async Task<Result<ModelInfo>> RunAsync(string name, UpdateModelRequest request, string? ifMatch, Actor by, CancellationToken cancellationToken)
    {
        if (RegisteredModel.Check(request.Description, request.Tags) is { } refusal)
        {
            return refusal;
        }

        var updated = await writes.RunAsync(
            async (db, token) =>
            {
                var model = await db.Set<RegisteredModel>().Include(m => m.Tags).SingleOrDefaultAsync(m => m.ProjectId == Project.Default && m.Name == name, token);
                if (model is null)
                {
                    return RegistryRefusals.ModelNotFound(name);
                }

                if (ifMatch is not null && !Etag.Matches(ifMatch, model.Edit))
                {
                    return RegistryRefusals.Stale();
                }

                var now = time.GetUtcNow();
                var before = Audited(model);
                if (request.Description is not null)
                {
                    model.Describe(request.Description, now);
                }

                if (request.Tags is not null)
                {
                    model.Tag(request.Tags, now);
                }

                audit.Record(db, by, "model.updated", "model", name, before, Audited(model));
                db.Changed("model", $"models/{name}");
                return Result.Done;
            },
            cancellationToken);
        return updated.Refusal is { } no ? no : await models.OneAsync(name, cancellationToken);
    }

    private static string Audited(RegisteredModel model) => JsonSerializer.Serialize(
        new Dictionary<string, string> { ["description"] = model.Description ?? "", ["tags"] = string.Join(", ", model.Tags.Select(t => t.Tag).Order(StringComparer.Ordinal)) },
        ContractsJson.Default.DictionaryStringString);
}
