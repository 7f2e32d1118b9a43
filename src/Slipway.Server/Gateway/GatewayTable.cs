using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Server.Deployments;
using Slipway.Server.History;
using Slipway.Server.Routing;

namespace Slipway.Server.Gateway;

/// <summary>A route table made ready for the request path: found by a slice of the path, with the living parts (admission, counters) beside the facts.</summary>
internal sealed class GatewayTable
{
    private const int LongestKey = 256; // a scope has 64 characters at most, a name 128
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

    /// <summary>Finds by the parts, for paths that do not have them in one slice.</summary>
    public DeploymentTarget? Find(ReadOnlySpan<char> scope, ReadOnlySpan<char> name)
    {
        const string models = "/models/";
        var length = scope.Length + models.Length + name.Length;
        if (length > LongestKey)
        {
            return null;
        }

        Span<char> key = stackalloc char[LongestKey];
        scope.CopyTo(key);
        models.CopyTo(key[scope.Length..]);
        name.CopyTo(key[(scope.Length + models.Length)..]);
        return Find(key[..length]);
    }
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

    /// <summary>The variant of a model version that is live here: of several revisions that have it the one with the most traffic, then the newest.</summary>
    /// <param name="version">3, v3, a label, @alias or alias.</param>
    public VariantTarget? Versioned(ReadOnlySpan<char> version)
    {
        VariantTarget? best = null;
        var bestRank = VersionNames.NotNamed;
        foreach (var revision in Revisions)
        {
            foreach (var variant in revision.Variants)
            {
                var rank = VersionNames.Rank(version, variant.Route);
                if (rank > bestRank || (rank == bestRank && rank > VersionNames.NotNamed && IsBetter(variant, best!)))
                {
                    (best, bestRank) = (variant, rank);
                }
            }
        }

        return best;
    }

    /// <summary>The variant that an answer without further word is about: the default of the revision with the most traffic.</summary>
    public VariantTarget? Main
    {
        get
        {
            VariantTarget? best = null;
            foreach (var revision in Revisions)
            {
                best = best is null || IsBetter(revision.Default, best) ? revision.Default : best;
            }

            return best;
        }
    }

    private static bool IsBetter(VariantTarget one, VariantTarget other) =>
        (one.Revision.Weight, one.Route.IsDefault, one.Revision.Number).CompareTo((other.Revision.Weight, other.Route.IsDefault, other.Revision.Number)) > 0;
}

/// <summary>A revision on the request path.</summary>
internal sealed class RevisionTarget
{
    private readonly RouteChoice[] choices; // by row; 0: the default

    public RevisionTarget(
        DeploymentRoute deployment, RevisionRoute route, Func<DeploymentRoute, ReplicaSetRoute, Admission> admissionOf, Func<Guid, string, OutcomeCounters> countersOf)
    {
        Route = route;
        Variants = [.. route.Variants.Select(v => new VariantTarget(deployment, route, v, admissionOf(deployment, v.Set), countersOf(route.RevisionId, v.Name)))];
        Default = Variants.First(v => v.Route.IsDefault);
        Unrouted = Choice(null, isRouted: false, Default);
        choices = route.Router is not { } router
            ? []
            : [Choice(null, isRouted: true, Default), .. router.Rows.Select(row => Choice(row, isRouted: true, Named(row.Variant) ?? Default))];
    }

    public RevisionRoute Route { get; }

    public IReadOnlyList<VariantTarget> Variants { get; }

    public VariantTarget Default { get; }

    /// <summary>The choice where there is no table.</summary>
    public RouteChoice Unrouted { get; }

    /// <param name="row">Null: row 0.</param>
    public RouteChoice ChoiceOf(RouterRow? row) => choices[row?.Number ?? 0];

    private VariantTarget? Named(string? name) => Variants.FirstOrDefault(v => v.Route.Name == name);

    private RouteChoice Choice(RouterRow? row, bool isRouted, VariantTarget variant) => new(row, isRouted, variant, Named(variant.Route.Fallback));
}

/// <summary>What answers, with everything about it that an answer says, made once per table.</summary>
internal sealed class VariantTarget
{
    private readonly GatewayError?[] refusals = new GatewayError?[Enum.GetValues<PredictForm>().Length];
    private readonly byte[][] extras = new byte[Enum.GetValues<PredictForm>().Length][];
    private BinaryExtras? lastBinary; // of the last request with binary tensors: those of one caller have the same JSON before them

    public VariantTarget(DeploymentRoute deployment, RevisionRoute revision, VariantRoute route, Admission admission, OutcomeCounters counters)
    {
        Deployment = deployment;
        Revision = revision;
        Route = route;
        Admission = admission;
        Counters = counters;
        RevisionHeader = revision.Number.ToString(CultureInfo.InvariantCulture);
        Label = new RouteLabel(
            deployment.DeploymentId, deployment.Environment, deployment.Name, deployment.OwnerId, revision.RevisionId, revision.Number, route.Answers, route.Model,
            route.ModelVersion);
        Version = route.ModelVersion.ToString(CultureInfo.InvariantCulture);
        foreach (var form in Enum.GetValues<PredictForm>())
        {
            refusals[(int)form] = Speech.Refuse(form, route);
            extras[(int)form] = Extras(form, null, null, null) is { } said ? JsonSerializer.SerializeToUtf8Bytes(said, ServingJson.Default.PredictExtras) : [];
        }

        EnvelopeTail = Encoding.UTF8.GetBytes(
            $"\",\"model_name\":\"{JsonEncodedText.Encode(route.Model)}\",\"model_version\":\"{Version}\"}}");
    }

    public DeploymentRoute Deployment { get; }

    public RevisionRoute Revision { get; }

    public VariantRoute Route { get; }

    public Admission Admission { get; }

    public OutcomeCounters Counters { get; }

    public RouteLabel Label { get; }

    public string RevisionHeader { get; }

    /// <summary>Number of the model version, as text.</summary>
    public string Version { get; }

    /// <summary>What follows the prediction id in Promote's envelope.</summary>
    public byte[] EnvelopeTail { get; }

    /// <summary>Why it cannot be asked in this form; null: it can.</summary>
    public GatewayError? Refusal(PredictForm form) => refusals[(int)form];

    /// <summary>The predict's extras; without anything special about the request those made once.</summary>
    public byte[] ExtrasOf(PredictForm form, string? contentType, string? traceparent, long? jsonLength)
    {
        if (contentType is not null || traceparent is not null)
        {
            return Write(form, contentType, traceparent, jsonLength);
        }

        if (jsonLength is not { } length)
        {
            return extras[(int)form];
        }

        var last = Volatile.Read(ref lastBinary);
        if (last is null || last.Form != form || last.JsonLength != length)
        {
            last = new BinaryExtras(form, length, Write(form, null, null, length));
            Volatile.Write(ref lastBinary, last);
        }

        return last.Bytes;
    }

    private byte[] Write(PredictForm form, string? contentType, string? traceparent, long? jsonLength) =>
        JsonSerializer.SerializeToUtf8Bytes(Extras(form, contentType, traceparent, jsonLength)!, ServingJson.Default.PredictExtras);

    private PredictExtras? Extras(PredictForm form, string? contentType, string? traceparent, long? jsonLength)
    {
        var dialect = Speech.Dialect(form, Route);
        var isOpenInference = dialect == Dialects.OpenInference;
        return contentType is null && traceparent is null && dialect is null
            ? null
            : new PredictExtras(contentType, traceparent, null, dialect, isOpenInference ? jsonLength : null, isOpenInference ? Deployment.Name : null, isOpenInference ? Version : null);
    }

    private sealed record BinaryExtras(PredictForm Form, long JsonLength, byte[] Bytes);
}
