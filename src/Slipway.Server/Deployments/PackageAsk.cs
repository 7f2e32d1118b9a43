using System.Globalization;
using Slipway.Contracts;

namespace Slipway.Server.Deployments;

/// <summary>What the config.yaml of a version asks for, beside what its replicas get.</summary>
internal static class PackageAsk
{
    /// <summary>Null: it does not say.</summary>
    public static PackageResourcesInfo? Of(Variant variant) =>
        variant is { PackageCpuCores: null, PackageMemoryMib: null } ? null : new PackageResourcesInfo(variant.PackageCpuCores, variant.PackageMemoryMib);

    /// <summary>A sentence for each variant that gets something else than its package asks for.</summary>
    public static IReadOnlyList<string> Notes(IEnumerable<Variant> variants) => [.. variants.InOrder().Select(Note).OfType<string>()];

    private static string? Note(Variant variant)
    {
        var asked = new List<string>();
        var has = new List<string>();
        if (variant.PackageCpuCores is { } cpu && cpu != variant.CpuCores)
        {
            asked.Add(string.Create(CultureInfo.InvariantCulture, $"{cpu:0.###} CPU"));
            has.Add(string.Create(CultureInfo.InvariantCulture, $"{variant.CpuCores:0.###} CPU"));
        }

        if (variant.PackageMemoryMib is { } memory && memory != variant.MemoryMib)
        {
            asked.Add(string.Create(CultureInfo.InvariantCulture, $"{memory} MiB"));
            has.Add(string.Create(CultureInfo.InvariantCulture, $"{variant.MemoryMib} MiB"));
        }

        return asked.Count == 0
            ? null
            : $"config.yaml of {variant.Model} v{variant.ModelVersion} asks for {string.Join(" and ", asked)} a replica; it has {string.Join(" and ", has)}, as the deployment says. An update can take what the package asks for (package_resources).";
    }
}
