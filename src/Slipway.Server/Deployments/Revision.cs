using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>One immutable configuration of a deployment, numbered 1, 2, …</summary>
internal sealed class Revision
{
    public Guid Id { get; set; }

    public Guid DeploymentId { get; set; }

    public int Number { get; set; }

    /// <summary>Cosmetic; <c>deployment-N</c> unless somebody named it.</summary>
    public string? Name { get; set; }

    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>SHA-256 over all that answers: equal content, equal hash, whatever the name, labels and number.</summary>
    public required string ContentHash { get; set; }

    /// <summary>Routing table (typed context fields and conditions) as JSON; null: everything goes to the default variant.</summary>
    public string? Routing { get; set; }

    /// <summary>Plain environment variables as a JSON object, see <see cref="PlainVariables"/>; null: none.</summary>
    public string? Variables { get; set; }

    /// <summary>Names of secrets, in order; the environment has the values.</summary>
    public List<string> Secrets { get; set; } = [];

    /// <summary>Set: deactivated by a person. No process runs it and it cannot be rolled out until it is activated again.</summary>
    public DateTimeOffset? InactiveAt { get; set; }

    /// <summary>The request that was approved to make it live here; null: there was none.</summary>
    public Guid? ApprovalId { get; set; }

    public Guid CreatedById { get; set; }

    public required string CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public List<Variant> Variants { get; set; } = [];

    public Variant Default => Variants.First(v => v.IsDefault);

    /// <summary>Hashes of the replica sets that answer for it; empty until every build is known.</summary>
    public IReadOnlyList<string> Sets => Variants.TrueForAll(v => v.ReplicaSetHash is not null) ? [.. Variants.Select(v => v.ReplicaSetHash!).Distinct()] : [];

    /// <param name="variables">As stored; null: none.</param>
    /// <param name="routing">As stored; null: none.</param>
    public static string HashOf(IEnumerable<Variant> variants, string? variables = null, IReadOnlyCollection<string>? secrets = null, string? routing = null)
    {
        var text = string.Join('\n', variants.OrderBy(v => v.Name, StringComparer.Ordinal).Select(v => string.Create(
            CultureInfo.InvariantCulture, $"{v.Name} {v.IsDefault} {v.ModelVersionId:N} {v.BaseImage} {v.CpuCores:R} {v.MemoryMib}{(v.Placement == Placement.Replica ? "" : " in the gateway")}{v.Extra.InHash}{(v.BuildNumber == 1 ? "" : $" build {v.BuildNumber}")}{v.HashOfRouting}")));
        foreach (var (what, value) in new[] { ("variables", variables), ("secrets", secrets is { Count: > 0 } ? string.Join(' ', secrets) : null), ("routing", routing) })
        {
            text += value is null ? "" : $"\n{what} {value}";   // what is not there leaves no trace, so that a hash from before it could be is the same
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}

/// <summary>What answers inside a revision: a model version on replicas. Exactly one of a revision is the default.</summary>
internal sealed class Variant
{
    public const string DefaultName = "default";

    public Guid Id { get; set; }

    public Guid RevisionId { get; set; }

    public required string Name { get; set; }

    public bool IsDefault { get; set; }

    public Guid ModelVersionId { get; set; }

    /// <summary>Name, number and label of the version, as they were: none of them changes.</summary>
    public required string Model { get; set; }

    public int ModelVersion { get; set; }

    public string? VersionLabel { get; set; }

    public required string BaseImage { get; set; }

    public required string Runtime { get; set; }

    public double CpuCores { get; set; }

    public int MemoryMib { get; set; }

    /// <summary>What config.yaml of the version asks for; null: it does not say. The revision may give another.</summary>
    public double? PackageCpuCores { get; set; }

    /// <inheritdoc cref="PackageCpuCores"/>
    public int? PackageMemoryMib { get; set; }

    /// <summary>GPUs, storage and network of a replica.</summary>
    public ExtraResources Extra { get; set; } = ExtraResources.None;

    /// <summary>Where it runs.</summary>
    public Placement Placement { get; set; }

    /// <summary>Its place in lists, after the default.</summary>
    public int Position { get; set; }

    /// <summary>Name of the variant of this revision that answers when this one fails; null: none does.</summary>
    public string? Fallback { get; set; }

    /// <summary>Further tries on this variant before the fallback; null: as the gateway does everywhere.</summary>
    public int? Retries { get; set; }

    /// <summary>Which build of the version on the base image it runs: 1, and one more with each rebuild.</summary>
    public int BuildNumber { get; set; } = 1;

    /// <summary>The build that it runs; known once that is ready, and fixed from then on.</summary>
    public Guid? BuildId { get; set; }

    /// <summary>See <see cref="SetHash"/>; known together with the build.</summary>
    public string? ReplicaSetHash { get; set; }

    /// <summary>Names of the secrets that its package declares; known while a configuration is put together, and not stored.</summary>
    internal IReadOnlyList<string> DeclaredSecrets { get; init; } = [];

    // Empty for what was made before these existed.
    internal string HashOfRouting => string.Create(
        CultureInfo.InvariantCulture, $"{(Position == 0 ? "" : $" at {Position}")}{(Fallback is null ? "" : $" else {Fallback}")}{(Retries is null ? "" : $" again {Retries}")}");

    /// <summary>Fixes what runs, once the build is ready.</summary>
    /// <param name="variables">The revision's.</param>
    /// <param name="secrets">Names of the revision's; which version each has is the set's own business, see docs/decisions.</param>
    public void Built(Guid build, string launchDigest, IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> secrets)
    {
        BuildId = build;
        ReplicaSetHash = SetHash((Placement == Placement.Replica ? launchDigest : $"{launchDigest} in the gateway") + Extra.InHash, CpuCores, MemoryMib, variables, secrets);
    }

    /// <summary>What was rebuilt stays so as long as version and base image stay.</summary>
    public void KeepBuildOf(Variant before)
    {
        if (ModelVersionId == before.ModelVersionId && BaseImage == before.BaseImage)
        {
            BuildNumber = before.BuildNumber;
        }
    }

    /// <summary>The same for another revision, not built yet.</summary>
    public Variant Copy(Guid id) => new()
    {
        Id = id, Name = Name, IsDefault = IsDefault, ModelVersionId = ModelVersionId, Model = Model, ModelVersion = ModelVersion, VersionLabel = VersionLabel,
        BaseImage = BaseImage, Runtime = Runtime, CpuCores = CpuCores, MemoryMib = MemoryMib, PackageCpuCores = PackageCpuCores, PackageMemoryMib = PackageMemoryMib, Placement = Placement, Extra = Extra, Position = Position, Fallback = Fallback,
        Retries = Retries, BuildNumber = BuildNumber,
    };

    /// <summary>Names a replica set by all that its processes depend on: 32 hex digits over launch digest, resources, variables and names of secrets.</summary>
    public static string SetHash(string launchDigest, double cpuCores, int memoryMib, IReadOnlyDictionary<string, string>? variables, IReadOnlyList<string>? secrets = null)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{launchDigest}\n{cpuCores:R}\n{memoryMib}\n"));
        foreach (var (name, value) in (variables ?? new Dictionary<string, string>()).OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name.Length}:{name}={value.Length}:{value}\n");
        }

        if (secrets is { Count: > 0 })
        {
            text.Append("secrets ").AppendJoin(' ', secrets.Order(StringComparer.Ordinal)).Append('\n');   // none leave no trace: a hash from before is the same
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }
}
