using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Contracts;

/// <summary>Which variant of a revision answers a request: typed context fields, and rows of conditions on them. The first row whose cells all match answers.</summary>
/// <param name="Rows">From row 1 on. Row 0 is the default variant's, without conditions: it is always there, and answers when no other row does.</param>
/// <param name="Identity">The context field that names who asks, so that a weight keeps everybody on one side; the header <c>Slipway-Identity</c> wins over it.</param>
public sealed record RoutingRules(IReadOnlyList<ContextFieldInfo>? Fields = null, IReadOnlyList<RoutingRow>? Rows = null, string? Identity = null);

/// <summary>A named value that requests may bring.</summary>
/// <param name="Type">boolean, date, list, number or string.</param>
/// <param name="Pointer">Where it is in a JSON body (RFC 6901), for requests that do not bring it in their context; null: it only comes with the context.</param>
public sealed record ContextFieldInfo(string Name, string Type, string? Pointer = null);

/// <summary>One row of the table.</summary>
/// <param name="Conditions">By field; a field that is not named takes anything. All of them must match.</param>
/// <param name="Weight">Percent of the requests that match, above 0 to 100; the others go on to the next row. Rows with the same conditions share 100. Null: all of them.</param>
public sealed record RoutingRow(string Variant, IReadOnlyDictionary<string, RoutingCondition>? Conditions = null, double? Weight = null);

/// <summary>One cell.</summary>
/// <param name="Operator">eq, ne, in, not_in, contains, starts_with, ends_with, exists, not_exists, gt, gte, lt, lte, between, before or after; signs (=, ≠, &gt;, …) are taken too.</param>
/// <param name="Value">What the operator needs: one value, a list of them (in, not_in; two for between), or none (exists, not_exists).</param>
public sealed record RoutingCondition(string Operator, JsonElement? Value = null);

/// <summary>What answers inside a revision, as a request says it. Absent members are taken from the variant named by <paramref name="From"/>, else from the live one of the same name.</summary>
/// <param name="From">A live variant to take over from: for a copy, or for another name.</param>
/// <param name="Default">Whether it answers when no row does; exactly one is. Absent everywhere: the one that is it now, else the first.</param>
/// <param name="Fallback">Another variant of the list, which answers when this one fails; null or an empty text: none.</param>
/// <param name="Retries">Further tries on this variant before the fallback, 0 to 10; null: as the gateway does everywhere.</param>
/// <param name="PackageResources">True: CPU and memory that are not said here are what the config.yaml of its version asks for, where it does.</param>
/// <param name="MinReplicas">A setting of this variant alone; null: the deployment's. So with <paramref name="MaxReplicas"/>.</param>
public sealed record VariantRequest(
    string Name, bool? Default = null, string? From = null, string? Model = null, string? Version = null, string? BaseImage = null, double? CpuCores = null, int? MemoryMib = null,
    string? Placement = null, int? GpuCount = null, string? GpuType = null, double? StorageGb = null, int? NetworkMbps = null, bool? PackageResources = null,
    [property: JsonConverter(typeof(GivenTextConverter)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] Given<string> Fallback = default,
    [property: JsonConverter(typeof(GivenNumberConverter)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] Given<int?> Retries = default,
    [property: JsonConverter(typeof(GivenNumberConverter)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] Given<int?> MinReplicas = default,
    [property: JsonConverter(typeof(GivenNumberConverter)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] Given<int?> MaxReplicas = default);

/// <summary>Replica bounds of one variant. Absent: the deployment's.</summary>
public sealed record VariantBoundsInfo(int? MinReplicas = null, int? MaxReplicas = null);

/// <summary>Asks which row a context matches.</summary>
/// <param name="Context">By field.</param>
/// <param name="Input">A body, for fields that are read from it.</param>
/// <param name="Identity">Who asks; null: weights are drawn at random.</param>
/// <param name="Revision">Whose table; null: the live revision's.</param>
/// <param name="Routing">A table that is not saved yet; with <paramref name="Variants"/>, the names of its variants, the default first.</param>
public sealed record SimulateRequest(
    JsonElement? Context = null, JsonElement? Input = null, string? Identity = null, int? Revision = null, RoutingRules? Routing = null, IReadOnlyList<string>? Variants = null);

/// <summary>Which row answers, and why the others do not.</summary>
/// <param name="Row">0: the default one.</param>
/// <param name="Result">matched or default_matched.</param>
/// <param name="Ignored">Members of the context that the table has no field for.</param>
public sealed record SimulationInfo(
    int? Revision, string Variant, int Row, string Result, string Detail, IReadOnlyList<SimulatedField> Fields, IReadOnlyList<SimulatedRow> Rows, IReadOnlyList<string> Ignored);

/// <param name="Value">As the request gave it; null: not given.</param>
/// <param name="Source">context, body or none.</param>
public sealed record SimulatedField(string Name, string Type, JsonElement? Value, string Source, string? Problem);

/// <param name="Matched">All its cells and its weight let the request in.</param>
/// <param name="Answers">It is the first that did.</param>
public sealed record SimulatedRow(int Row, string Variant, bool Matched, bool Answers, string Detail, IReadOnlyList<SimulatedCell> Cells);

/// <param name="Field">Null: the row's weight.</param>
/// <param name="Condition">As it is read: <c>country is one of "NO", "SE"</c>.</param>
/// <param name="Detail">Why it matched or did not.</param>
public sealed record SimulatedCell(string? Field, string Condition, bool Matched, string Detail);
