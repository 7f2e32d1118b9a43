using System.Text.Json;

namespace Slipway.Server.Routing;

/// <summary>One cell, compiled: an operator with its operands in the type of its field.</summary>
/// <remarks>A value that is not given, or not of the field's type, matches <c>not_exists</c> (the former) and nothing else: also not <c>ne</c> and <c>not_in</c>.</remarks>
internal sealed class Condition
{
    private readonly ContextValue[] operands;
    private readonly string[] items; // what elements of a list are compared with
    private readonly string said;

    /// <param name="operands">As many as the operator takes, each of the field's type (of a list: each an element, in <paramref name="items"/>).</param>
    /// <param name="said">The operands in a sentence.</param>
    /// <param name="key">The operands in full: equal conditions have equal ones.</param>
    public Condition(ContextField field, Operator op, ContextValue[] operands, string[] items, string said, string key)
    {
        (Field, Operator, this.operands, this.items, this.said) = (field, op, operands, items, said);
        Key = $"{field.Name} {op.ToWire()} {key}";
    }

    /// <summary>Equal for conditions that ask the same in the same words.</summary>
    public string Key { get; }

    public ContextField Field { get; }

    public Operator Operator { get; }

    /// <summary>As people read it: <c>country is one of "NO", "SE"</c>.</summary>
    public string Sentence => said.Length == 0 ? $"{Field.Name} {Operator.Said()}" : $"{Field.Name} {Operator.Said()} {said}";

    public bool Matches(in ContextValue value)
    {
        if (Operator == Operator.NotExists)
        {
            return !value.IsGiven;
        }

        return value.IsUsable && Operator switch
        {
            Operator.Exists => true,
            Operator.Equal => Same(value, operands[0]),
            Operator.NotEqual => !Same(value, operands[0]),
            Operator.In => IsAmong(value),
            Operator.NotIn => !IsAmong(value),
            Operator.Contains => Field.Type == FieldType.List ? Array.IndexOf(value.Items!, items[0]) >= 0 : value.Text!.Contains(operands[0].Text!, StringComparison.Ordinal),
            Operator.StartsWith => value.Text!.StartsWith(operands[0].Text!, StringComparison.Ordinal),
            Operator.EndsWith => value.Text!.EndsWith(operands[0].Text!, StringComparison.Ordinal),
            Operator.Greater or Operator.After => value.Number > operands[0].Number,
            Operator.GreaterOrEqual => value.Number >= operands[0].Number,
            Operator.Less or Operator.Before => value.Number < operands[0].Number,
            Operator.LessOrEqual => value.Number <= operands[0].Number,
            Operator.Between => value.Number >= operands[0].Number && value.Number <= operands[1].Number,
            _ => throw new InvalidOperationException($"No rule for {Operator}."),
        };
    }

    /// <summary>Why it matches or does not, in words.</summary>
    /// <param name="given">The value as it came; null: it did not.</param>
    public string Explain(in ContextValue value, JsonElement? given)
    {
        if (!value.IsGiven)
        {
            return $"{Field.Name} was not given";
        }

        var shown = given is { } json ? ContextValue.Shown(json) : "a value";
        return value.Problem is { } problem ? $"{Field.Name}: {problem}"
            : Matches(value) ? $"{Field.Name} is {shown}"
            : Operator == Operator.NotExists ? $"{Field.Name} was given: {shown}"
            : $"{Field.Name} is {shown}; wanted: {Operator.Said()} {said}";
    }

    private bool Same(in ContextValue left, in ContextValue right) => Field.Type switch
    {
        FieldType.String => string.Equals(left.Text, right.Text, StringComparison.Ordinal),
        FieldType.List => SameItems(left.Items!, right.Items!),
        _ => left.Number.Equals(right.Number),
    };

    private bool IsAmong(in ContextValue value)
    {
        if (Field.Type == FieldType.List)
        {
            foreach (var item in value.Items!)
            {
                if (Array.IndexOf(items, item) >= 0)
                {
                    return true;
                }
            }

            return false;
        }

        foreach (var operand in operands)
        {
            if (Same(value, operand))
            {
                return true;
            }
        }

        return false;
    }

    // Two lists are the same when they have the same elements, whatever the order and however often.
    private static bool SameItems(string[] left, string[] right) =>
        Array.TrueForAll(left, item => Array.IndexOf(right, item) >= 0) && Array.TrueForAll(right, item => Array.IndexOf(left, item) >= 0);
}

/// <summary>A column of the table.</summary>
/// <param name="Index">Its place among the fields, and of its value in a request's.</param>
/// <param name="Pointer">Where it is in a JSON body; null: nowhere.</param>
internal sealed record ContextField(int Index, string Name, FieldType Type, JsonPointer? Pointer);
