using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Slipway.Server.Deployments;
using Slipway.Server.History;

namespace Slipway.Server.Gateway;

/// <summary>A route table made ready for the request path: found by a slice of the path, with the living parts (admission, counters) beside the facts.</summary>
internal sealed class GatewayTable
{
    private readonly FrozenDictionary<string, DeploymentTarget>.AlternateLookup<ReadOnlySpan<char>> byPath;

    /// <param name="admissionOf">The living admission of a set.</param>
    /// <param name="countersOf">The living counters of a (revision, variant).</param>
    public GatewayTable(RouteTable source, Func<DeploymentRoute, ReplicaSetRoute, Admission> admissionOf, Func<Guid, string, OutcomeCounters> countersOf)
    {
        Source = source;
        var made = new Dictionary<DeploymentRoute, DeploymentTarget>();
        var targets = source.Deployments.ToDictionary(
            pair => $"{pair.Key.Scope}/models/{pair.Key.Name}",
            pair => made.TryGetValue(pair.Value, out var same) ? same : made[pair.Value] = new DeploymentTarget(pair.Value, admissionOf, countersOf),
            StringComparer.Ordinal);
        Targets = [.. made.Values];
        byPath = targets.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public RouteTable Source { get; }

    public IReadOnlyList<DeploymentTarget> Targets { get; }

    /// <param name="path"><c>scope/models/name</c>.</param>
    public DeploymentTarget? Find(ReadOnlySpan<char> path) => byPath.TryGetValue(path, out var target) ? target : null;

    /// <summary>Finds by the parts, for the forms without a scope.</summary>
    public DeploymentTarget? Find(string scope, ReadOnlySpan<char> modelsAndName) => Find(string.Concat(scope, "/", modelsAndName));
}

/// <summary>A deployment on the request path.</summary>
internal sealed class DeploymentTarget
{
    private readonly RevisionTarget[] weighted;

    public DeploymentTarget(DeploymentRoute route, Func<DeploymentRoute, ReplicaSetRoute, Admission> admissionOf, Func<Guid, string, OutcomeCounters> countersOf)
    {
        Route = route;
        Revisions = [.. route.Revisions.Select(revision => new RevisionTarget(route, revision, admissionOf, countersOf))];
        weighted = [.. Revisions.Where(r => r.Route.Weight > 0)];
    }

    public DeploymentRoute Route { get; }

    public IReadOnlyList<RevisionTarget> Revisions { get; }

    /// <summary>The revision for a request by weight; null when none has any.</summary>
    public RevisionTarget? Choose(Random random)
    {
        if (weighted.Length <= 1)
        {
            return weighted.Length == 1 ? weighted[0] : null;
        }

        var total = 0;
        foreach (var revision in weighted)
        {
            total += revision.Route.Weight;
        }

        var at = random.Next(total);
        foreach (var revision in weighted)
        {
            at -= revision.Route.Weight;
            if (at < 0)
            {
                return revision;
            }
        }

        return weighted[^1];
    }

    /// <summary>A live revision by its number.</summary>
    public RevisionTarget? Numbered(int number) => Revisions.FirstOrDefault(r => r.Route.Number == number);
}

/// <summary>A revision on the request path.</summary>
internal sealed class RevisionTarget
{
    public RevisionTarget(
        DeploymentRoute deployment, RevisionRoute route, Func<DeploymentRoute, ReplicaSetRoute, Admission> admissionOf, Func<Guid, string, OutcomeCounters> countersOf)
    {
        Route = route;
        Variants = [.. route.Variants.Select(v => new VariantTarget(deployment, route, v, admissionOf(deployment, v.Set), countersOf(route.RevisionId, v.Name)))];
        Default = Variants.First(v => v.Route.IsDefault);
    }

    public RevisionRoute Route { get; }

    public IReadOnlyList<VariantTarget> Variants { get; }

    public VariantTarget Default { get; }
}

/// <summary>What answers, with everything about it that an answer says, made once per table.</summary>
internal sealed class VariantTarget
{
    public VariantTarget(DeploymentRoute deployment, RevisionRoute revision, VariantRoute route, Admission admission, OutcomeCounters counters)
    {
        Deployment = deployment;
        Revision = revision;
        Route = route;
        Admission = admission;
        Counters = counters;
        RevisionHeader = revision.Number.ToString(CultureInfo.InvariantCulture);
        Label = new RouteLabel(
            deployment.DeploymentId, deployment.Environment, deployment.Name, deployment.OwnerId, revision.RevisionId, revision.Number, route.Name, route.Model,
            route.ModelVersion);
        EnvelopeTail = Encoding.UTF8.GetBytes(
            $"\",\"model_name\":\"{JsonEncodedText.Encode(route.Model)}\",\"model_version\":\"{route.ModelVersion.ToString(CultureInfo.InvariantCulture)}\"}}");
    }

    public DeploymentRoute Deployment { get; }

    public RevisionRoute Revision { get; }

    public VariantRoute Route { get; }

    public Admission Admission { get; }

    public OutcomeCounters Counters { get; }

    public RouteLabel Label { get; }

    public string RevisionHeader { get; }

    /// <summary>What follows the prediction id in Promote's envelope.</summary>
    public byte[] EnvelopeTail { get; }
}
