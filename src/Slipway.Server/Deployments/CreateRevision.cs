using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments.Following;
using Slipway.Server.Approvals;
using Slipway.Server.Deployments.Secrets;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>What came of an update.</summary>
/// <param name="IsInPlace">Only settings changed: there is no new revision, and nothing is rolled out.</param>
internal readonly record struct Revised(Guid Deployment, bool IsInPlace);

/// <summary>Updates a deployment to another version, base image, resources, variables or secrets: a new revision, which a rollout makes live.</summary>
internal sealed class CreateRevision(EditDeployment edit, IRunnableVersions versions, MakeLive live, Database database, IOptions<DeploymentOptions> options, Gpus gpus, TimeProvider time)
{
    /// <param name="followed">The move of a followed name that it is made for; null: a person asks for it.</param>
    /// <returns>The deployment, <c>invalid_field</c>, <c>revision_unchanged</c>, <c>deployment_changed</c> or a refusal of <see cref="MakeLive"/>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, CreateRevisionRequest request, Actor by, CancellationToken cancellationToken, FollowedMove? followed = null)
    {
        var made = await ReviseAsync(which, request, by, cancellationToken, followed);
        return made.Refusal is { } refusal ? refusal : made.Value.Deployment;
    }

    /// <summary>As <see cref="RunAsync"/>; where nothing but bounds of variants differ, they are set in place, as settings are.</summary>
    public async Task<Result<Revised>> ReviseAsync(DeploymentRef which, CreateRevisionRequest request, Actor by, CancellationToken cancellationToken, FollowedMove? followed = null)
    {
        // 1. What the new revision is like, from the request and the one before it.
        await using var db = database.Read();
        var found = await db.Set<Deployment>().Include(d => d.Environment)
            .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, cancellationToken);
        if (found is null)
        {
            return DeploymentRefusals.NotFound(which.Environment, which.Name);
        }

        var rule = followed is { ByItself: true } ? DeploymentAccess.Operate : RuleOf(request);   // that it may follow was decided when it was told to
        if (rule(by, found.Environment, found.OwnerId) is { } forbidden)
        {
            return forbidden;
        }

        var last = await db.Set<Revision>().Include(r => r.Variants)
            .SingleAsync(r => found.LiveRevisionId != null ? r.Id == found.LiveRevisionId : r.DeploymentId == found.Id && r.Number == found.LastRevision, cancellationToken);
        if (request.Version is ['/', ..])
        {
            var named = await ChosenNames.StageAsync(db, request.Model ?? last.Default.Model, request.Version, cancellationToken);
            if (named.Refusal is { } nothing)
            {
                return nothing;
            }

            request = request with { Version = named.Value };
        }

        var isSameModel = request is { Version: null, Model: null, BaseImage: null };
        if ((PlacementOf.Refuse(by, request.Placement, isSameModel ? Placement.Replica : last.Default.Placement) ?? VariantList.RefusePlacement(by, request.Variants, last.Variants)) is { } untrusted)
        {
            return untrusted;
        }

        var made = await ContentAsync(request, RevisionContent.Of(last), found.Scaling.Variants, cancellationToken);
        if (made.Refusal is { } invalid)
        {
            return invalid;
        }

        // 2. The decision, on the stored state.
        var content = made.Value;
        var isLive = found.LiveRevisionId == last.Id && last.ContentHash == content.Hash && last.InactiveAt is null;
        if (isLive && found.Mode == DeploymentMode.Standard && request is { RevisionName: null, Labels: null } && !VariantBounds.AreSame(found.Scaling.Variants, VariantBounds.With(found.Scaling, request.Variants).Variants))
        {
            return Made(await SetBoundsAsync(which, request, last.Id, rule, by, cancellationToken), isInPlace: true);
        }

        return Made(await edit.RunAsync(
            which, by, "deployment.revision_created", rule,
            async (unit, deployment, now, token) =>
            {
                if (deployment.Mode == DeploymentMode.Live && (request.Strategy ?? request.Rollout?.Strategy) is not null)
                {
                    return DeploymentRefusals.LiveHasNoStrategy;
                }

                if (deployment.Mode == DeploymentMode.Live && request.Variants is not null)
                {
                    return Refusal.Field("variants", "A live deployment serves one model while it is edited; leave variants out.");
                }

                if (deployment.LiveRevisionId != found.LiveRevisionId)
                {
                    return DeploymentRefusals.Changed(deployment);
                }

                if (deployment.LiveRevisionId == last.Id && last.ContentHash == content.Hash && last.InactiveAt is null)
                {
                    return DeploymentRefusals.Unchanged(deployment);
                }

                if (followed is not null && deployment.Following is { } name && name.Reference == followed.Reference)
                {
                    deployment.Following = name with { Handled = followed.Move, HeldBecause = null };
                }

                var revision = deployment.Add(content.ToRevision(request.RevisionName, request.Labels, by, now), now);
                deployment.Scaling = VariantBounds.With(deployment.Scaling, request.Variants);
                unit.Set<Revision>().Add(revision);
                var going = await live.RunAsync(unit, deployment, revision, followed is null ? MakeLive.Updated : MakeLive.Followed, by, token, RolloutSettingsRules.With(request.Strategy, request.Rollout), new GoingLive(Comment: request.Comment));
                return going.Refusal is { } refusal ? refusal : new AuditedChange(RevisionContent.Audited(last), Audited(request, content, revision));
            },
            cancellationToken), isInPlace: false);
    }

    private static Result<Revised> Made(Result<Guid> changed, bool isInPlace) => changed.Refusal is { } refusal ? refusal : new Revised(changed.Value, isInPlace);

    /// <summary>Bounds are settings: they change without a revision.</summary>
    private Task<Result<Guid>> SetBoundsAsync(DeploymentRef which, CreateRevisionRequest request, Guid live, AccessRule rule, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
        which, by, "deployment.updated", rule,
        (deployment, now) =>
        {
            if (deployment.LiveRevisionId != live)
            {
                return DeploymentRefusals.Changed(deployment);
            }

            var before = deployment.Scaling;
            deployment.Scaling = VariantBounds.With(before, request.Variants);
            deployment.Edited(now);
            return new AuditedChange(Audited(before), Audited(deployment.Scaling));
        },
        cancellationToken);

    private static JsonObject Audited(ScalingSettings scaling) => new() { ["autoscaling"] = JsonSerializer.SerializeToNode(scaling, DeploymentSettingsJson.Default.ScalingSettings) };

    /// <summary>A change of variables and of names of secrets alone is operating; anything else deploys.</summary>
    private static AccessRule RuleOf(CreateRevisionRequest request) =>
        request is { Version: null, Model: null, BaseImage: null, CpuCores: null, MemoryMib: null, PackageResources: not true, Placement: null, GpuCount: null, GpuType: null, StorageGb: null, NetworkMbps: null, Variants: null, Routing: null } ? DeploymentAccess.Operate : DeploymentAccess.Deploy;

    private static JsonObject Audited(CreateRevisionRequest request, RevisionContent content, Revision revision)
    {
        var audited = content.Audited(revision.Number);
        if (request.Variables is { } change)
        {
            audited["variables_set"] = new JsonArray([.. change.Where(v => v.Value is not null).Select(v => (JsonNode?)v.Key)]);
            audited["variables_removed"] = new JsonArray([.. change.Where(v => v.Value is null).Select(v => (JsonNode?)v.Key)]);
        }

        return audited;
    }

    private async Task<Result<RevisionContent>> ContentAsync(
        CreateRevisionRequest request, RevisionContent before, IReadOnlyDictionary<string, VariantBounds>? bounds, CancellationToken cancellationToken)
    {
        var limits = DeploymentLimits.OfThisMachine(options.Value);
        var fields = new DeploymentFields(limits);
        fields.RevisionName(request.RevisionName);
        fields.Labels(request.Labels);
        fields.Text("comment", request.Comment, Approval.LongestComment);
        fields.Rollout(request.Strategy, request.Rollout);
        var variables = PlainVariables.Changed(fields, before.Variables, request.Variables);
        var variants = request.Variants is { } list
            ? await new VariantList(versions, options.Value, gpus, time).ReadAsync(fields, list, before.Variants, bounds, cancellationToken)
            : await DefaultOfAsync(fields, request, before, limits, cancellationToken);
        if (request.Variants is not null && !IsOnlyList(request))
        {
            fields.Wrong("variants", "model, version and resources beside variants are the default variant's; say them inside the list.");
        }

        var routing = fields.Refusal is null || request.Variants is null ? RoutingOf.Chosen(fields, before.Routing, request.Routing, variants) : null;
        var secrets = SecretNames.Chosen(fields, before, variants, request.Secrets, variables);
        return fields.Refusal is { } wrong ? wrong : before with { Variants = variants, Variables = variables, Routing = routing, Secrets = secrets };
    }

    private static bool IsOnlyList(CreateRevisionRequest request) => request is
    {
        Version: null, Model: null, BaseImage: null, CpuCores: null, MemoryMib: null, PackageResources: not true, Placement: null, GpuCount: null, GpuType: null, StorageGb: null, NetworkMbps: null,
    };

    /// <summary>The short form: what the request says is about the default variant, and the others stay as they are.</summary>
    private async Task<IReadOnlyList<Variant>> DefaultOfAsync(
        DeploymentFields fields, CreateRevisionRequest request, RevisionContent before, DeploymentLimits limits, CancellationToken cancellationToken)
    {
        var last = before.Default;
        if (await VariantAsync(fields, request, last, limits, cancellationToken) is not { } variant)
        {
            return before.Variants;
        }

        (variant.Name, variant.Position, variant.Fallback, variant.Retries) = (last.Name, last.Position, last.Fallback, last.Retries);
        variant.KeepBuildOf(last);
        return [.. before.Variants.Select(v => v.IsDefault ? variant : v)];
    }

    private async Task<Variant?> VariantAsync(
        DeploymentFields fields, CreateRevisionRequest request, Variant last, DeploymentLimits limits, CancellationToken cancellationToken)
    {
        // Another version brings its own base image; the same one keeps what was chosen for it.
        var sameModel = (request.Model ?? last.Model) == last.Model;
        var same = request.Version is null && sameModel;
        var package = await NewRevision.FindAsync(
            fields, versions, request.Model ?? last.Model, request.Version ?? $"{last.ModelVersion}", request.BaseImage ?? (same ? last.BaseImage : null), cancellationToken);

        var (cpu, memory) = NewRevision.Resources(
            fields, request.CpuCores, request.MemoryMib, package?.Version, limits, options.Value, sameModel ? last : null, request.PackageResources == true);
        var placement = PlacementOf.Chosen(fields, request.Placement, last.Placement, package?.Version.Runtime);
        var extra = ExtraResources.Chosen(fields, gpus, last.Extra, request.GpuCount, request.GpuType, request.StorageGb, request.NetworkMbps);
        return package is { } found ? NewRevision.Variant(found.Version, found.BaseImage, cpu, memory, placement, extra, time) : null;
    }
}

/// <summary>Puts the variant of a revision together; shared by create and update.</summary>
internal static class NewRevision
{
    public static Variant Variant(RunnableVersion version, string baseImage, double cpuCores, int memoryMib, Placement placement, ExtraResources extra, TimeProvider time) => new()
    {
        Id = Guid.CreateVersion7(time.GetUtcNow()), Name = Deployments.Variant.DefaultName, IsDefault = true, ModelVersionId = version.Id, Model = version.Model,
        ModelVersion = version.Number, VersionLabel = version.Label, BaseImage = baseImage, Runtime = version.Runtime, CpuCores = cpuCores, MemoryMib = memoryMib,
        PackageCpuCores = version.CpuCores, PackageMemoryMib = version.MemoryMib, Placement = placement, Extra = extra, DeclaredSecrets = version.Secrets,
    };

    /// <summary>The version and base image that a request names; null when a field is wrong.</summary>
    public static async Task<(RunnableVersion Version, string BaseImage)?> FindAsync(
        DeploymentFields fields, IRunnableVersions versions, string? model, string? version, string? baseImage, CancellationToken cancellationToken)
    {
        var found = await versions.FindAsync(model ?? "", version ?? "", cancellationToken);
        if (found.Refusal is { } refusal)
        {
            fields.Wrong(refusal.Code == "model_not_found" ? "model" : "version", refusal.Detail);
            return null;
        }

        var image = await versions.ChooseBaseImageAsync(found.Value.Id, baseImage, cancellationToken);
        if (image.Refusal is { } unusable)
        {
            fields.Wrong("base_image", unusable.Detail);
            return null;
        }

        return (found.Value, image.Value);
    }

    /// <summary>
    /// CPU and memory of a replica: as chosen; else, since another version of a model needs what the one before it was given, as <paramref name="before"/> has them; else what the package asks for;
    /// else the default (which any machine can give).
    /// </summary>
    /// <param name="before">The variant that it takes the place of; null: there is none, or it runs another model.</param>
    /// <param name="package">What the package asks for wins over <paramref name="before"/>.</param>
    public static (double CpuCores, int MemoryMib) Resources(
        DeploymentFields fields, double? cpuCores, int? memoryMib, RunnableVersion? version, DeploymentLimits limits, DeploymentOptions options, Variant? before = null, bool package = false)
    {
        cpuCores ??= package && version?.CpuCores is not null ? null : before?.CpuCores;
        memoryMib ??= package && version?.MemoryMib is not null ? null : before?.MemoryMib;
        var cpu = cpuCores ?? version?.CpuCores ?? Math.Min(options.DefaultCpuCores, limits.CpuCores);
        var memory = memoryMib ?? version?.MemoryMib ?? Math.Min(options.DefaultMemoryMib, limits.MemoryMib);
        fields.Resources(cpu, memory, cpuIsAsked: cpuCores is null && version?.CpuCores is not null, memoryIsAsked: memoryMib is null && version?.MemoryMib is not null);
        return (cpu, memory);
    }
}
