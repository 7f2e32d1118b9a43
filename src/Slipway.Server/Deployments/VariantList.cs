using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>The variants of a new revision, from the list in a request and those that are live.</summary>
internal sealed class VariantList(IRunnableVersions versions, DeploymentOptions options, Gpus gpus, TimeProvider time)
{
    /// <summary>The refusal of a variant that would come into the gateway's process and may not; null: all may.</summary>
    public static Refusal? RefusePlacement(Actor by, IEnumerable<VariantRequest?>? wanted, IReadOnlyList<Variant> before) => (wanted ?? []).OfType<VariantRequest>()
        .Select(v => PlacementOf.Refuse(by, v.Placement, v is { Model: null, Version: null, BaseImage: null } ? Placement.Replica : Source(v, before)?.Placement ?? Placement.Replica))
        .FirstOrDefault(r => r is not null);

    /// <summary>The variants, in the list's order; what is wrong is said in <paramref name="fields"/>, at <c>variants[0].version</c>.</summary>
    /// <param name="before">The live ones; empty: there are none yet.</param>
    /// <param name="bounds">Those that variants have for themselves now.</param>
    public async Task<IReadOnlyList<Variant>> ReadAsync(
        DeploymentFields fields, IReadOnlyList<VariantRequest?> wanted, IReadOnlyList<Variant> before, IReadOnlyDictionary<string, VariantBounds>? bounds, CancellationToken cancellationToken)
    {
        if (wanted.Count is 0 or > VariantFields.MostVariants)
        {
            fields.Wrong("variants", $"A revision has 1 to {VariantFields.MostVariants} variants; this list has {wanted.Count}.");
            return [];
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var made = new List<Variant>();
        foreach (var (at, request) in wanted.Index())
        {
            var own = new DeploymentFields(fields.Limits);
            if (request is null)
            {
                own.Wrong("name", "A variant is an object with a name.");
            }
            else if (await OneAsync(own, request, at, before, bounds, cancellationToken) is { } variant)
            {
                made.Add(variant);
            }

            if (request is not null && !names.Add(request.Name ?? ""))
            {
                own.Wrong("name", $"Two variants are called {request.Name}; names are unique in a revision.");
            }

            fields.Within($"variants[{at}]", own);
        }

        foreach (var (at, request) in wanted.Index())
        {
            if (request?.Fallback.Value is { Length: > 0 } fallback && (fallback == request.Name || !names.Contains(fallback)))
            {
                fields.Wrong($"variants[{at}].fallback", $"The fallback of {request.Name} must be another variant of the list; {fallback} is not.");
            }
            else if (request is { Fallback.IsSaid: false } && made.Find(v => v.Name == request.Name) is { Fallback: { } kept } && !names.Contains(kept))
            {
                fields.Wrong($"variants[{at}].fallback", $"{request.Name} falls back to {kept}, which is not in the list; say another fallback, or null for none.");
            }
        }

        ChooseDefault(fields, wanted, made, before);
        return made;
    }

    private static void ChooseDefault(DeploymentFields fields, IReadOnlyList<VariantRequest?> wanted, List<Variant> made, IReadOnlyList<Variant> before)
    {
        var chosen = wanted.Where(v => v?.Default == true).ToList();
        var current = before.FirstOrDefault(v => v.IsDefault)?.Name;
        var currentRequest = wanted.FirstOrDefault(v => v?.Name == current) ?? wanted.FirstOrDefault(v => v?.From == current && current is not null);
        var name = chosen.Count switch
        {
            1 => chosen[0]!.Name,
            0 when current is null => wanted[0]?.Name,
            0 => currentRequest is { Default: not false } ? currentRequest.Name : null,
            _ => null,
        };
        if (name is null)
        {
            fields.Wrong("variants", chosen.Count > 1
                ? "Exactly one variant is the default; the list says it of several."
                : $"The default variant {current} cannot go without another taking its place; say default: true of the one that answers when no row does.");
        }

        foreach (var variant in made)
        {
            variant.IsDefault = variant.Name == name;
        }
    }

    private async Task<Variant?> OneAsync(
        DeploymentFields own, VariantRequest request, int at, IReadOnlyList<Variant> before, IReadOnlyDictionary<string, VariantBounds>? bounds, CancellationToken cancellationToken)
    {
        own.VariantName("name", request.Name);
        var (min, max) = VariantBounds.After(bounds, request);
        own.VariantReplicas("", min, max);
        if (request.Retries.Value is < 0 or > VariantFields.MostRetries)
        {
            own.Wrong("retries", $"retries must be between 0 and {VariantFields.MostRetries}.");
        }

        var source = Source(request, before);
        if (request.From is not null && source is null)
        {
            own.Wrong("from", $"There is no live variant {request.From} to take over from.");
        }

        if (source is null && (request.Model is null || request.Version is null))
        {
            own.Wrong(request.Model is null ? "model" : "version", $"{request.Name} is new; say the model and version that it runs.");
            return null;
        }

        // Another version brings its own base image; the same one keeps what was chosen for it.
        var sameModel = request.Model is null || request.Model == source?.Model;
        var same = sameModel && request.Version is null;
        var package = await NewRevision.FindAsync(
            own, versions, request.Model ?? source?.Model, request.Version ?? $"{source?.ModelVersion}", request.BaseImage ?? (same ? source?.BaseImage : null), cancellationToken);
        var (cpu, memory) = NewRevision.Resources(
            own, request.CpuCores, request.MemoryMib, package?.Version, own.Limits, options, sameModel ? source : null, request.PackageResources == true);
        var placement = PlacementOf.Chosen(own, request.Placement, source?.Placement ?? Placement.Replica, package?.Version.Runtime);
        var extra = ExtraResources.Chosen(own, gpus, source?.Extra ?? ExtraResources.None, request.GpuCount, request.GpuType, request.StorageGb, request.NetworkMbps);
        if (package is not { } found)
        {
            return null;
        }

        var variant = NewRevision.Variant(found.Version, found.BaseImage, cpu, memory, placement, extra, time);
        (variant.Name, variant.Position) = (request.Name, at);
        variant.Fallback = request.Fallback.Or(source?.Fallback == request.Name ? null : source?.Fallback) is { Length: > 0 } fallback ? fallback : null;
        variant.Retries = request.Retries.Or(source?.Retries);
        if (source is not null)
        {
            variant.KeepBuildOf(source);
        }

        return variant;
    }

    private static Variant? Source(VariantRequest request, IReadOnlyList<Variant> before) => before.FirstOrDefault(v => v.Name == (request.From ?? request.Name));
}
