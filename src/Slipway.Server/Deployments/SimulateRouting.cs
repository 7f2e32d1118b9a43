using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Routing;

namespace Slipway.Server.Deployments;

/// <summary>Says which variant a context reaches, and why the other rows of the table do not match; with a table that is not saved yet too.</summary>
internal sealed class SimulateRouting(Database database)
{
    /// <returns>The explanation; <c>deployment_not_found</c>, <c>revision_not_found</c>, <c>nothing_live</c>, or <c>invalid_field</c> with what is wrong in the table or context.</returns>
    public async Task<Result<SimulationInfo>> RunAsync(DeploymentRef which, SimulateRequest request, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var found = await db.Set<Deployment>().Include(d => d.Environment)
            .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, cancellationToken);
        if (found is null)
        {
            return DeploymentRefusals.NotFound(which.Environment, which.Name);
        }

        var revision = await db.Set<Revision>().Include(r => r.Variants).Where(r => r.DeploymentId == found.Id)
            .Where(r => request.Revision != null ? r.Number == request.Revision : found.LiveRevisionId != null ? r.Id == found.LiveRevisionId : r.Number == found.LastRevision)
            .SingleOrDefaultAsync(cancellationToken);
        if (revision is null)
        {
            return DeploymentRefusals.RevisionNotFound(request.Revision ?? found.LastRevision);
        }

        var fields = new DeploymentFields(new DeploymentLimits(1, 1, 1));
        if (request.Context is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) })
        {
            fields.Wrong("context", "context is a JSON object, field to value.");
        }

        if (request.Identity is { Length: 0 or > 256 })
        {
            fields.Wrong("identity", "identity has 1 to 256 characters.");
        }

        var named = request.Variants;
        if (named is { Count: 0 } || named?.Contains(null!) == true)
        {
            fields.Wrong("variants", "variants names the variants of the table, the default first.");
            named = null;
        }

        IReadOnlyList<string> variants = named ?? [.. revision.Variants.InOrder().Select(v => v.Name)];
        var rules = request.Routing ?? RoutingOf.Read(revision.Routing) ?? new RoutingRules();
        var router = new RoutingReader(fields.Wrong).Read(rules, variants, "", found.Name);
        return fields.Refusal is { } wrong
            ? wrong
            : Explanation.Of(
                router!, variants[0], request.Routing is null ? revision.Number : null, request.Context, request.Input, request.Identity, System.Random.Shared.NextDouble() * 100);
    }
}
