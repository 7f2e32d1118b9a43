using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>Updates a deployment to another version, base image or resources: a new revision, which a rollout makes live.</summary>
internal sealed class CreateRevision(
    EditDeployment edit, IRunnableVersions versions, IRollouts rollouts, Database database, IOptions<DeploymentOptions> options, TimeProvider time)
{
    /// <returns>The deployment, <c>invalid_field</c>, <c>rollout_under_way</c>, <c>deployment_stopped</c> or <c>revision_unchanged</c>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, CreateRevisionRequest request, Actor by, CancellationToken cancellationToken)
    {
        // 1. What the new revision is like, from the request and the one before it.
        await using var db = database.Read();
        var found = await db.Set<Deployment>().Include(d => d.Environment)
            .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, cancellationToken);
        if (found is null)
        {
            return DeploymentRefusals.NotFound(which.Environment, which.Name);
        }

        if (DeploymentAccess.Deploy(by, found.Environment, found.OwnerId) is { } forbidden)
        {
            return forbidden;
        }

        var last = await db.Set<Revision>().Include(r => r.Variants)
            .SingleAsync(r => found.LiveRevisionId != null ? r.Id == found.LiveRevisionId : r.DeploymentId == found.Id && r.Number == found.LastRevision, cancellationToken);
        if (PlacementOf.Refuse(by, request.Placement, last.Default.Placement) is { } untrusted)
        {
            return untrusted;
        }

        var made = await VariantAsync(request, last.Default, cancellationToken);
        if (made.Refusal is { } invalid)
        {
            return invalid;
        }

        // 2. The decision, on the stored state.
        var variant = made.Value;
        var hash = Revision.HashOf([variant]);
        return await edit.RunAsync(
            which, by, "deployment.revision_created", DeploymentAccess.Deploy,
            async (unit, deployment, now, token) =>
            {
                if (deployment.State == RunState.Stopped)
                {
                    return DeploymentRefusals.Stopped(deployment, "updated");
                }

                if ((await rollouts.LatestAsync(unit, [deployment.Id], token)).GetValueOrDefault(deployment.Id) is { UnderWay: true })
                {
                    return DeploymentRefusals.RolloutUnderWay(deployment);
                }

                if (!await versions.IsThereAsync(unit, variant.ModelVersionId, token))
                {
                    return DeploymentRefusals.VersionDeleted(variant.Model, variant.ModelVersion);
                }

                if (deployment.LiveRevisionId == last.Id && last.ContentHash == hash)
                {
                    return DeploymentRefusals.Unchanged(deployment);
                }

                var revision = deployment.Add(NewRevision.With(Copy(variant), request.RevisionName, request.Labels, by, now), now);
                unit.Set<Revision>().Add(revision);
                await rollouts.StartAsync(unit, deployment, revision, by, token);
                return new AuditedChange(NewRevision.Audited(last), NewRevision.Audited(revision));
            },
            cancellationToken);
    }

    private async Task<Result<Variant>> VariantAsync(CreateRevisionRequest request, Variant last, CancellationToken cancellationToken)
    {
        var limits = DeploymentLimits.OfThisMachine(options.Value);
        var fields = new DeploymentFields(limits);
        fields.RevisionName(request.RevisionName);
        fields.Labels(request.Labels);

        // Another version brings its own base image; the same one keeps what was chosen for it.
        var sameModel = (request.Model ?? last.Model) == last.Model;
        var same = request.Version is null && sameModel;
        var package = await NewRevision.FindAsync(
            fields, versions, request.Model ?? last.Model, request.Version ?? $"{last.ModelVersion}", request.BaseImage ?? (same ? last.BaseImage : null), cancellationToken);

        // Another version of the model needs what the one before it was given; another model what its package says.
        var (cpu, memory) = NewRevision.Resources(
            fields, request.CpuCores ?? (sameModel ? last.CpuCores : null), request.MemoryMib ?? (sameModel ? last.MemoryMib : null), package?.Version, limits, options.Value);
        var placement = PlacementOf.Chosen(fields, request.Placement, last.Placement, package?.Version.Runtime);
        return fields.Refusal is { } wrong ? wrong : NewRevision.Variant(package!.Value.Version, package.Value.BaseImage, cpu, memory, placement, time);
    }

    // A unit may run more than once, and each run tracks its own rows.
    private static Variant Copy(Variant v) => new()
    {
        Id = v.Id, Name = v.Name, IsDefault = v.IsDefault, ModelVersionId = v.ModelVersionId, Model = v.Model, ModelVersion = v.ModelVersion,
        VersionLabel = v.VersionLabel, BaseImage = v.BaseImage, Runtime = v.Runtime, CpuCores = v.CpuCores, MemoryMib = v.MemoryMib,
        Placement = v.Placement,
    };
}

/// <summary>Puts a revision together; shared by create and update.</summary>
internal static class NewRevision
{
    public static Variant Variant(RunnableVersion version, string baseImage, double cpuCores, int memoryMib, Placement placement, TimeProvider time) => new()
    {
        Id = Guid.CreateVersion7(time.GetUtcNow()), Name = Deployments.Variant.DefaultName, IsDefault = true, ModelVersionId = version.Id, Model = version.Model,
        ModelVersion = version.Number, VersionLabel = version.Label, BaseImage = baseImage, Runtime = version.Runtime, CpuCores = cpuCores, MemoryMib = memoryMib,
        Placement = placement,
    };

    public static Revision With(Variant variant, string? name, IReadOnlyDictionary<string, string>? labels, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Name = name, Labels = labels?.ToDictionary() ?? [], ContentHash = Revision.HashOf([variant]), CreatedById = by.UserId,
        CreatedBy = by.Name, Variants = [variant],
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

    /// <summary>CPU and memory of a replica: as chosen, else what the package asks for, else the default (which any machine can give).</summary>
    public static (double CpuCores, int MemoryMib) Resources(
        DeploymentFields fields, double? cpuCores, int? memoryMib, RunnableVersion? version, DeploymentLimits limits, DeploymentOptions options)
    {
        var cpu = cpuCores ?? version?.CpuCores ?? Math.Min(options.DefaultCpuCores, limits.CpuCores);
        var memory = memoryMib ?? version?.MemoryMib ?? Math.Min(options.DefaultMemoryMib, limits.MemoryMib);
        fields.Resources(cpu, memory, cpuIsAsked: cpuCores is null && version?.CpuCores is not null, memoryIsAsked: memoryMib is null && version?.MemoryMib is not null);
        return (cpu, memory);
    }

    public static JsonObject Audited(Revision revision) => new()
    {
        ["revision"] = revision.Number,
        ["model"] = revision.Default.Model,
        ["version"] = revision.Default.ModelVersion,
        ["base_image"] = revision.Default.BaseImage,
        ["cpu_cores"] = revision.Default.CpuCores,
        ["memory_mib"] = revision.Default.MemoryMib,
        ["placement"] = revision.Default.Placement.ToWire(),
    };
}
