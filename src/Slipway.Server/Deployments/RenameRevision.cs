using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Changes the name and labels of a revision, which are for people: its number addresses it, and nothing that answers changes.</summary>
internal sealed class RenameRevision(EditDeployment edit, IOptions<DeploymentOptions> options)
{
    /// <returns>The deployment, <c>invalid_field</c> or <c>revision_not_found</c>.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, int number, UpdateRevisionRequest request, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
        which, by, "revision.updated", DeploymentAccess.Operate,
        async (db, deployment, now, token) =>
        {
            var fields = new DeploymentFields(DeploymentLimits.OfThisMachine(options.Value));
            fields.RevisionName(request.Name, "name");
            fields.Labels(request.Labels);
            if (fields.Refusal is { } refusal)
            {
                return refusal;
            }

            if (await db.Set<Revision>().SingleOrDefaultAsync(r => r.DeploymentId == deployment.Id && r.Number == number, token) is not { } revision)
            {
                return DeploymentRefusals.RevisionNotFound(number);
            }

            var before = Audited(revision);
            revision.Name = request.Name ?? revision.Name;
            revision.Labels = request.Labels?.ToDictionary() ?? revision.Labels;
            deployment.Edited(now);
            return new AuditedChange(before, Audited(revision));
        },
        cancellationToken);

    private static JsonObject Audited(Revision revision) => new()
    {
        ["revision"] = revision.Number,
        ["name"] = revision.Name,
        ["labels"] = new JsonObject(revision.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))),
    };
}
