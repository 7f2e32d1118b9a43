using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Adds a named model without versions.</summary>
internal sealed class RegisterModel(Writes writes, AuditLog audit, IEventOutbox outbox, TimeProvider time)
{
    /// <returns>The model, <c>invalid_field</c> or <c>model_already_exists</c>.</returns>
    public Task<Result<ModelInfo>> RunAsync(RegisterModelRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (request.Name is null || !VersionRef.IsModelName(request.Name))
        {
            return Task.FromResult<Result<ModelInfo>>(RegistryRefusals.BadModelName());
        }

        if (RegisteredModel.Check(request.Description, request.Tags) is { } refusal)
        {
            return Task.FromResult<Result<ModelInfo>>(refusal);
        }

        return writes.RunAsync<ModelInfo>(
            async (db, token) =>
            {
                if (await db.Set<RegisteredModel>().AnyAsync(m => m.ProjectId == Project.Default && m.Name == request.Name, token))
                {
                    return RegistryRefusals.ModelExists(request.Name);
                }

                var now = time.GetUtcNow();
                var model = new RegisteredModel
                {
                    Id = Guid.CreateVersion7(now), ProjectId = Project.Default, Name = request.Name, OwnerId = by.UserId, Owner = by.Name, CreatedAt = now,
                };
                model.Describe(request.Description, now);
                model.Tag(request.Tags ?? [], now);
                db.Set<RegisteredModel>().Add(model);
                audit.Record(db, by, "model.registered", "model", model.Name);
                outbox.Record(db, EventTypes.ModelRegistered, $"models/{model.Name}", new JsonObject { ["model"] = model.Name, ["owner"] = model.Owner, ["description"] = model.Description });
                db.Changed("model", $"models/{model.Name}");
                return FindModels.ToInfo(model.Name, model.Description, model.Tags, model.Owner, null, null, model.Edit, now, now);
            },
            cancellationToken);
    }
}
