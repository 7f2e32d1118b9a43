namespace Slipway.Serving.Tensors;

/// <summary>
/// A tensor: name, element type, shape, elements. Row-major, little-endian; BOOL is one byte 0 or 1; of BYTES each element is a u32 length and its bytes, as
/// the protocol's binary form has it.
/// </summary>
public readonly ref struct Tensor(string name, DataType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
{
    public string Name { get; } = name;

    public DataType Type { get; } = type;

    /// <summary>Sizes, all at least 0; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape { get; } = shape;

    public ReadOnlySpan<byte> Data { get; } = data;

    /// <summary>Number of elements: the product of the shape.</summary>
    public long Count => Shapes.Count(Shape);
}

/// <summary>Arithmetic of shapes that cannot overflow.</summary>
public static class Shapes
{
    /// <summary>Greatest number of dimensions.</summary>
    public const int MaxRank = 32;

    /// <returns>The product; -1 when a size is negative or the product is over 2^62.</returns>
    public static long Count(ReadOnlySpan<long> shape)
    {
        UInt128 product = 1;
        var isZero = false;
        foreach (var size in shape)
        {
            if (size < 0)
            {
                return -1;
            }

            isZero |= size == 0;
            product = isZero ? 0 : product * (ulong)size;
            if (product > 1UL << 62)
            {
                // A later 0 makes it empty all the same.
                return shape.Contains(0) && !HasNegative(shape) ? 0 : -1;
            }
        }

        return (long)product;
    }

    /// <summary><c>[2, 3]</c>, for messages.</summary>
    public static string Text(ReadOnlySpan<long> shape)
    {
        var shown = shape.Length > 8 ? shape[..8] : shape;
        return $"[{string.Join(", ", shown.ToArray())}{(shape.Length > 8 ? ", …" : "")}]";
    }

    private static bool HasNegative(ReadOnlySpan<long> shape)
    {
        foreach (var size in shape)
        {
            if (size < 0)
            {
                return true;
            }
        }

        return false;
    }
}
