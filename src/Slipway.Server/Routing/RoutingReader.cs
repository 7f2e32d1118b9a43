using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Routing;

/// <summary>Reads a table as people write it: compiles it, or says everything that is wrong with it.</summary>
internal sealed class RoutingReader
{
    public const int MostFields = 32;
    public const int MostRows = 256;
    public const int MostValues = 1000;
    public const int LongestValue = 1024;
    private const int LongestName = 64;
    private readonly Action<string, string> wrong;

    /// <param name="wrong">Is told path (<c>routing.rows[0].variant</c>) and sentence of each mistake.</param>
    public RoutingReader(Action<string, string> wrong) => this.wrong = wrong;

    /// <summary>A table that was stored, and so was read without a mistake before.</summary>
    public static Router Compile(string stored, string salt)
    {
        var rules = JsonSerializer.Deserialize(stored, ContractsJson.Default.RoutingRules)!;
        return new RoutingReader((path, sentence) => throw new InvalidDataException($"A stored routing table is broken at {path}: {sentence}")).Read(rules, null, stored, salt)!;
    }

    /// <summary>One text for equal tables; null: it routes nothing, so there is none.</summary>
    public static string? Store(RoutingRules rules)
    {
        if (rules.Fields is not { Count: > 0 } && rules.Rows is not { Count: > 0 })
        {
            return null;
        }

        var rows = (rules.Rows ?? []).Select(row => row with
        {
            Conditions = (row.Conditions ?? new Dictionary<string, RoutingCondition>()).OrderBy(c => c.Key, StringComparer.Ordinal)
                .ToDictionary(c => c.Key, c => c.Value with { Operator = Operators.Parse(c.Value.Operator)!.Value.ToWire() }, StringComparer.Ordinal),
        });
        return JsonSerializer.Serialize(rules with { Fields = rules.Fields ?? [], Rows = [.. rows] }, ContractsJson.Default.RoutingRules);
    }

    /// <param name="variants">Names that rows may say; null: any.</param>
    /// <returns>Null when something is wrong.</returns>
    public Router? Read(RoutingRules rules, IReadOnlyCollection<string>? variants, string source, string salt)
    {
        var good = true;
        var fields = ReadFields(rules.Fields ?? [], ref good);
        var rows = new List<RouterRow>();
        var taken = new Dictionary<string, double>(StringComparer.Ordinal);
        if (rules.Rows?.Count > MostRows)
        {
            Wrong(ref good, "routing.rows", $"A table has at most {MostRows} rows; this one has {rules.Rows.Count}.");
            return null;
        }

        foreach (var (at, row) in (rules.Rows ?? []).Index())
        {
            if (ReadRow(at, row, fields, variants, taken, ref good) is { } read)
            {
                rows.Add(read);
            }
        }

        ContextField? identity = null;
        if (rules.Identity is { } name)
        {
            if (!fields.TryGetValue(name, out identity))
            {
                Wrong(ref good, "routing.identity", $"identity names the field {name}, which the table does not have.");
            }
            else if (identity.Type == FieldType.List)
            {
                Wrong(ref good, "routing.identity", $"identity names {name}, which is a list; who asks is one text, number, date or boolean.");
            }
        }

        return good ? new Router(source, salt, [.. fields.Values.OrderBy(f => f.Index)], [.. rows], identity) : null;
    }

    private Dictionary<string, ContextField> ReadFields(IReadOnlyList<ContextFieldInfo> given, ref bool good)
    {
        var fields = new Dictionary<string, ContextField>(StringComparer.Ordinal);
        if (given.Count > MostFields)
        {
            Wrong(ref good, "routing.fields", $"A table has at most {MostFields} fields; this one has {given.Count}.");
            return fields;
        }

        foreach (var (at, field) in given.Index())
        {
            var path = $"routing.fields[{at}]";
            if (field?.Name is not { Length: > 0 and <= LongestName } name || name.AsSpan().ContainsAnyInRange('\0', ' '))
            {
                Wrong(ref good, $"{path}.name", $"A field's name has 1 to {LongestName} characters and no spaces.");
                continue;
            }

            var type = FieldTypes.Parse(field.Type);
            if (type is null)
            {
                Wrong(ref good, $"{path}.type", $"The field {name} has the type {field.Type ?? "null"}; a type is {FieldTypes.Words}.");
            }

            var pointer = field.Pointer is { } text ? JsonPointer.Parse(text) : null;
            if (field.Pointer is not null && pointer is null)
            {
                Wrong(ref good, $"{path}.pointer", $"The field {name} has the pointer '{field.Pointer}'; a JSON pointer looks like /customer/country.");
            }

            if (!fields.TryAdd(name, new ContextField(at, name, type ?? FieldType.String, pointer)))
            {
                Wrong(ref good, $"{path}.name", $"Two fields are called {name}; names are unique.");
            }
        }

        return fields;
    }

    private RouterRow? ReadRow(
        int at, RoutingRow? row, Dictionary<string, ContextField> fields, IReadOnlyCollection<string>? variants, Dictionary<string, double> taken, ref bool good)
    {
        var path = $"routing.rows[{at}]";
        if (row?.Variant is not { Length: > 0 } variant)
        {
            Wrong(ref good, $"{path}.variant", $"Row {at + 1} names no variant; say which one answers.");
            return null;
        }

        if (variants is not null && !variants.Contains(variant))
        {
            Wrong(ref good, $"{path}.variant", $"Row {at + 1} names the variant {variant}, which the revision does not have; it has {string.Join(", ", variants)}.");
        }

        var cells = new List<Condition>();
        foreach (var (name, condition) in (row.Conditions ?? new Dictionary<string, RoutingCondition>()).OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            if (!fields.TryGetValue(name, out var field))
            {
                Wrong(ref good, $"{path}.conditions.{name}", $"Row {at + 1} has a condition on {name}, which is not among the table's fields.");
            }
            else if (ReadCell($"{path}.conditions.{name}", field, condition, ref good) is { } cell)
            {
                cells.Add(cell);
            }
        }

        cells.Sort((a, b) => a.Field.Index.CompareTo(b.Field.Index));
        return new RouterRow(at + 1, variant, [.. cells], ReadSplit(path, at, row.Weight, cells, taken, ref good));
    }

    private Split? ReadSplit(string path, int at, double? weight, List<Condition> cells, Dictionary<string, double> taken, ref bool good)
    {
        if (weight is not { } percent)
        {
            return null;
        }

        if (!(percent > 0 && percent <= 100))
        {
            Wrong(ref good, $"{path}.weight", string.Create(CultureInfo.InvariantCulture, $"Row {at + 1} has the weight {percent}; a weight is above 0 and at most 100 percent."));
            return null;
        }

        var group = string.Join('\n', cells.Select(c => c.Key));
        var from = taken.GetValueOrDefault(group);
        if (from + percent > 100.000001)
        {
            Wrong(ref good, $"{path}.weight", string.Create(CultureInfo.InvariantCulture, $"Rows with the same conditions as row {at + 1} have {from + percent:0.##} percent together; they share 100."));
        }

        taken[group] = from + percent;
        return new Split(group, from, Math.Min(100, from + percent));
    }

    private Condition? ReadCell(string path, ContextField field, RoutingCondition? given, ref bool good)
    {
        if (given?.Operator is not { } word || Operators.Parse(word) is not { } op)
        {
            Wrong(ref good, $"{path}.operator", $"'{given?.Operator}' is no operator; a {field.Type.ToWire()} has {Operators.WordsOf(field.Type)}.");
            return null;
        }

        if (!op.IsFor(field.Type))
        {
            Wrong(ref good, $"{path}.operator", $"{field.Name} is a {field.Type.ToWire()}, which has no {op.ToWire()}; it has {Operators.WordsOf(field.Type)}.");
            return null;
        }

        if (Elements(path, field, op, given.Value, ref good) is not { } elements)
        {
            return null;
        }

        // An element of a list is one value; "the same list" is a whole one.
        var isElement = field.Type == FieldType.List && op is not (Operator.Equal or Operator.NotEqual);
        var operands = new ContextValue[elements.Length];
        var items = new string[isElement ? elements.Length : 0];
        for (var i = 0; i < elements.Length; i++)
        {
            if (elements[i].GetRawText().Length > LongestValue)
            {
                Wrong(ref good, $"{path}.value", $"A value of {field.Name} has more than {LongestValue} characters.");
                return null;
            }

            if (isElement)
            {
                if (ContextValue.Item(elements[i]) is not { } item)
                {
                    Wrong(ref good, $"{path}.value", $"{ContextValue.Shown(elements[i])} cannot be in a list; its elements are texts, numbers and booleans.");
                    return null;
                }

                items[i] = item;
                continue;
            }

            operands[i] = ContextValue.Read(field.Type, elements[i]);
            if (!operands[i].IsUsable)
            {
                Wrong(ref good, $"{path}.value", $"{field.Name} is compared with {ContextValue.Shown(elements[i])}, which is not {field.Type.Example()}.");
                return null;
            }
        }

        if (op == Operator.Between && operands[0].Number > operands[1].Number)
        {
            Wrong(ref good, $"{path}.value", $"between takes the lower value first; {ContextValue.Shown(elements[0])} is above {ContextValue.Shown(elements[1])}.");
            return null;
        }

        return new Condition(field, op, operands, items, Said(op, elements), string.Join(',', elements.Select(e => e.GetRawText())));
    }

    private JsonElement[]? Elements(string path, ContextField field, Operator op, JsonElement? value, ref bool good)
    {
        var isThere = value is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) };
        switch (op.Operands())
        {
            case 0 when isThere:
                Wrong(ref good, $"{path}.value", $"{op.ToWire()} takes no value.");
                return null;
            case 0:
                return [];
            case 1 when !isThere:
                Wrong(ref good, $"{path}.value", $"{op.ToWire()} on {field.Name} needs a value: {field.Type.Example()}.");
                return null;
            case 1:
                return [value!.Value];
            case 2 when !isThere || value!.Value.ValueKind != JsonValueKind.Array || value.Value.GetArrayLength() != 2:
                Wrong(ref good, $"{path}.value", $"between on {field.Name} needs a list of two values, the lower one first; both belong to it.");
                return null;
            case int.MaxValue when !isThere || value!.Value.ValueKind != JsonValueKind.Array || value.Value.GetArrayLength() is 0 or > MostValues:
                Wrong(ref good, $"{path}.value", $"{op.ToWire()} on {field.Name} needs a list of 1 to {MostValues} values.");
                return null;
            default:
                return [.. value!.Value.EnumerateArray()];
        }
    }

    private static string Said(Operator op, JsonElement[] elements) => op switch
    {
        Operator.Between => $"{ContextValue.Shown(elements[0])} and {ContextValue.Shown(elements[1])}",
        _ when elements.Length > 10 => $"{string.Join(", ", elements.Take(10).Select(ContextValue.Shown))} and {elements.Length - 10} more",
        _ => string.Join(", ", elements.Select(ContextValue.Shown)),
    };

    private void Wrong(ref bool good, string path, string sentence)
    {
        good = false;
        wrong(path, sentence);
    }
}
