using System.Collections.Immutable;

namespace Slipway.Server.Routing;

/// <summary>A compiled routing table: immutable, shared by all requests. Two are equal when they were made of the same text.</summary>
/// <remarks>
/// A request goes through the rows from the top; the first whose cells all match, and whose weight lets it in, answers; else row 0, the default variant's. Nothing is
/// asked of the world but the values: no clock, no I/O.
/// </remarks>
internal sealed class Router : IEquatable<Router>
{
    private readonly string source;
    private readonly string salt;

    /// <param name="source">The table as stored.</param>
    /// <param name="salt">See <see cref="Split.PointOf"/>: the deployment's name.</param>
    /// <param name="identity">The field that names who asks; null: none does.</param>
    public Router(string source, string salt, ImmutableArray<ContextField> fields, ImmutableArray<RouterRow> rows, ContextField? identity)
    {
        (this.source, this.salt, Fields, Rows, Identity) = (source, salt, fields, rows, identity);
        ReadsBody = fields.Any(f => f.Pointer is not null);
    }

    public ImmutableArray<ContextField> Fields { get; }

    /// <summary>In order, from row 1 on.</summary>
    public ImmutableArray<RouterRow> Rows { get; }

    public ContextField? Identity { get; }

    /// <summary>A field may come from the body.</summary>
    public bool ReadsBody { get; }

    /// <summary>The row that answers; null: row 0.</summary>
    /// <param name="values">By the fields' index.</param>
    /// <param name="identity">Who asks; null: nobody knows, so <paramref name="draw"/> decides.</param>
    /// <param name="draw">A random point, 0 to 100; one for all rows of a request.</param>
    public RouterRow? Match(ReadOnlySpan<ContextValue> values, string? identity, double draw)
    {
        foreach (var row in Rows)
        {
            if (row.CellsMatch(values) && (row.Split is not { } split || split.Has(PointOf(split, identity, draw))))
            {
                return row;
            }
        }

        return null;
    }

    public double PointOf(Split split, string? identity, double draw) => identity is null ? draw : Split.PointOf(salt, split.Group, identity);

    public bool Equals(Router? other) => other is not null && source == other.source && salt == other.salt;

    public override bool Equals(object? obj) => Equals(obj as Router);

    public override int GetHashCode() => HashCode.Combine(source, salt);
}
