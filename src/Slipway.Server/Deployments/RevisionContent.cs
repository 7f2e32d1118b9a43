using System.Text.Json.Nodes;
using Slipway.Server.Identity;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>All that answers in a revision, before that has a number: what an update changes, a promotion carries and an approval is about.</summary>
/// <param name="Routing">See <see cref="Revision.Routing"/>.</param>
internal sealed record RevisionContent(IReadOnlyList<Variant> Variants, IReadOnlyDictionary<string, string> Variables, IReadOnlyList<string> Secrets, string? Routing = null)
{
    public Variant Default => Variants.First(v => v.IsDefault);

    /// <summary>SHA-256 over all of it: equal content, equal hash.</summary>
    public string Hash => Revision.HashOf(Variants, PlainVariables.Store(Variables), Secrets, Routing);

    public static RevisionContent Of(Revision revision) =>
        new(revision.Variants, PlainVariables.Read(revision.Variables), revision.Secrets, revision.Routing);

    /// <summary>A new revision of this content. Its variants are new rows: a unit may run more than once, and each run tracks its own.</summary>
    public Revision ToRevision(string? name, IReadOnlyDictionary<string, string>? labels, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Name = name, Labels = labels?.ToDictionary() ?? [], ContentHash = Hash, Routing = Routing, Variables = PlainVariables.Store(Variables),
        Secrets = [.. Secrets], CreatedById = by.UserId, CreatedBy = by.Name, Variants = [.. Variants.Select(v => v.Copy(Guid.CreateVersion7(now)))],
    };

    /// <summary>What the audit trail keeps of it; the names of variables and secrets and not their values.</summary>
    public JsonObject Audited(int number) => new()
    {
        ["revision"] = number,
        ["model"] = Default.Model,
        ["version"] = Default.ModelVersion,
        ["base_image"] = Default.BaseImage,
        ["build"] = Default.BuildNumber == 1 ? null : Default.BuildNumber,
        ["cpu_cores"] = Default.CpuCores,
        ["memory_mib"] = Default.MemoryMib,
        ["gpus"] = Default.Extra.GpuCount == 0 ? null : $"{Default.Extra.GpuCount} {Default.Extra.GpuType}",
        ["placement"] = Default.Placement.ToWire(),
        ["variants"] = Variants.Count == 1 ? null : new JsonArray([.. Variants.OrderBy(v => v.Position).Select(v => (JsonNode?)$"{v.Name}: {v.Model} v{v.ModelVersion}")]),
        ["routing"] = Routing is null ? null : JsonNode.Parse(Routing),
        ["variables"] = new JsonArray([.. Variables.Keys.Select(n => (JsonNode?)n)]),
        ["secrets"] = new JsonArray([.. Secrets.Select(n => (JsonNode?)n)]),
    };

    public static JsonObject Audited(Revision revision) => Of(revision).Audited(revision.Number);
}
