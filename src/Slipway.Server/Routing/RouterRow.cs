using System.Collections.Immutable;

namespace Slipway.Server.Routing;

/// <summary>One row of a compiled table.</summary>
/// <param name="Number">From 1 on.</param>
/// <param name="Cells">Those that ask something; the others take anything.</param>
/// <param name="Split">Null: it takes everybody who matches.</param>
internal sealed record RouterRow(int Number, string Variant, ImmutableArray<Condition> Cells, Split? Split)
{
    public bool CellsMatch(ReadOnlySpan<ContextValue> values)
    {
        foreach (var cell in Cells)
        {
            if (!cell.Matches(values[cell.Field.Index]))
            {
                return false;
            }
        }

        return true;
    }
}
