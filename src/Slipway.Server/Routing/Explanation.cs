using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Routing;

/// <summary>Says which row answers a request and, cell by cell, why the others do not: what the simulator shows.</summary>
internal static class Explanation
{
    /// <param name="identity">Who asks; null: the table's own field says, or nobody knows.</param>
    /// <param name="draw">A random point, 0 to 100, for who is not known.</param>
    public static SimulationInfo Of(Router router, string defaultVariant, int? revision, JsonElement? context, JsonElement? body, string? identity, double draw)
    {
        var values = new ContextValue[router.Fields.Length];
        ContextReader.Read(router, context, body, values);
        identity ??= ContextReader.IdentityOf(router, context, body);
        var answering = router.Match(values, identity, draw);
        ImmutableArray<SimulatedRow> rows = [.. router.Rows.Select(row => RowOf(router, row, answering, values, context, body, identity, draw))];
        var isDefault = answering is null;
        return new SimulationInfo(
            revision, answering?.Variant ?? defaultVariant, answering?.Number ?? 0, isDefault ? "default_matched" : "matched",
            answering is not null ? $"Row {answering.Number} is the first that matches: {answering.Variant} answers."
                : rows.IsEmpty ? $"The table has no rows: the default variant {defaultVariant} answers." : $"No row matches: the default variant {defaultVariant} answers.",
            [.. router.Fields.Select(field => FieldOf(field, values[field.Index], context, body))],
            [.. rows, new SimulatedRow(0, defaultVariant, true, isDefault, isDefault ? "The default row: it answers when no other does." : "The default row: not needed.", [])],
            Ignored(router, context));
    }

    private static SimulatedField FieldOf(ContextField field, in ContextValue value, JsonElement? context, JsonElement? body)
    {
        var found = ContextReader.Find(field, context, body);
        var source = found is null ? "none" : ContextReader.Find(field, context, null) is null ? "body" : "context";
        return new SimulatedField(field.Name, field.Type.ToWire(), found, source, value.Problem);
    }

    private static SimulatedRow RowOf(
        Router router, RouterRow row, RouterRow? answering, ContextValue[] values, JsonElement? context, JsonElement? body, string? identity, double draw)
    {
        var cells = row.Cells.Select(cell => new SimulatedCell(
            cell.Field.Name, cell.Sentence, cell.Matches(values[cell.Field.Index]), cell.Explain(values[cell.Field.Index], ContextReader.Find(cell.Field, context, body)))).ToList();
        if (row.Split is { } split)
        {
            var point = router.PointOf(split, identity, draw);
            var who = identity is null ? "nobody said who asks, so the draw is random" : $"{identity} always stands there";
            cells.Add(new SimulatedCell(null, split.Sentence, split.Has(point), string.Create(
                CultureInfo.InvariantCulture, $"the point is {point:0.##}, the row has {split.From:0.##} to {split.To:0.##}; {who}")));
        }

        var matched = cells.TrueForAll(c => c.Matched);
        var answers = ReferenceEquals(row, answering);
        return new SimulatedRow(
            row.Number, row.Variant, matched, answers,
            answers ? "The first row that matches." : matched ? $"It matches too; row {answering!.Number} came first." : cells.First(c => !c.Matched).Detail, cells);
    }

    private static string[] Ignored(Router router, JsonElement? context) => context is { ValueKind: JsonValueKind.Object } members
        ? [.. members.EnumerateObject().Select(m => m.Name).Where(name => !router.Fields.Any(f => f.Name == name))]
        : [];
}
