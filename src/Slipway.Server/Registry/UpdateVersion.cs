using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Changes a version's description, label and parent in place; its content never changes.</summary>
internal sealed class UpdateVersion(EditVersion edit)
{
    /// <returns>The version as it now is, <c>invalid_field</c>, <c>label_taken</c>, or a refusal of <see cref="LinkParent"/> or <see cref="EditVersion"/>.</returns>
    public async Task<Result<ModelVersionInfo>> RunAsync(VersionAddress which, UpdateVersionRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (request.Description is { Length: > 5000 })
        {
            return Refusal.Field("description", "A description has at most 5,000 characters.");
        }

        if (request.Label is { Length: > 0 } && !VersionRef.IsLabel(request.Label))
        {
            return RegistryRefusals.BadLabel();
        }

        return await edit.RunAsync(which, by, "version.updated", async (found, token) =>
        {
            var (db, _, version, now) = found;
            version.Parent = await db.Set<VersionParent>().SingleOrDefaultAsync(p => p.VersionId == version.Id, token);
            var before = Audited(version);
            if (request.Label is { } label && label != (version.Label ?? ""))
            {
                if (label.Length > 0 && await db.Set<ModelVersion>().Where(v => v.ModelId == version.ModelId && v.Label == label).Select(v => (int?)v.Number).SingleOrDefaultAsync(token) is { } taken)
                {
                    return RegistryRefusals.LabelTaken(label, taken);
                }

                version.Label = label.Length > 0 ? label : null;
            }

            version.Description = request.Description is null ? version.Description : request.Description.Length > 0 ? request.Description : null;
            if (request.Parent is { } parent && await LinkAsync(db, version, parent, token) is { } unfit)
            {
                return unfit;
            }

            var after = Audited(version);
            if (after == before)
            {
                return (AuditedEdit?)null;
            }

            version.Edited(now);
            return new AuditedEdit(before, after);
        }, cancellationToken);
    }

    private static async Task<Refusal?> LinkAsync(SlipwayDbContext db, ModelVersion version, string parent, CancellationToken cancellationToken)
    {
        VersionParent? link = null;
        if (parent.Length > 0)
        {
            var found = await LinkParent.FindAsync(db, version.Id, parent, cancellationToken);
            if (found.Refusal is { } refusal)
            {
                return refusal;
            }

            link = found.Value;
        }

        if (version.Parent?.ParentId == link?.ParentId && (version.Parent is null) == (link is null))
        {
            return null;
        }

        if (version.Parent is { } old)
        {
            db.Remove(old);
            await db.SaveChangesAsync(cancellationToken);   // one link a version: the old one goes first
        }

        version.Parent = link;
        return null;
    }

    private static string Audited(ModelVersion version) => JsonSerializer.Serialize(
        new Dictionary<string, string>
        {
            ["description"] = version.Description ?? "", ["label"] = version.Label ?? "", ["parent"] = version.Parent is { } parent ? $"{parent.Model}@{parent.Number}" : "",
        },
        ContractsJson.Default.DictionaryStringString);
}
