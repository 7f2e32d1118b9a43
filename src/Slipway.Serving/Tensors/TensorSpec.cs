using System.Text;

namespace Slipway.Serving.Tensors;

/// <summary>What a model takes or gives under one name.</summary>
/// <param name="name">The model's own name for it.</param>
/// <param name="type">For a sequence or map, the type of its values.</param>
/// <param name="shape">-1: any size. For a sequence of maps <c>[-1, -1]</c>: rows, keys.</param>
/// <param name="dimensions">Symbolic names of the dimensions, null where there is none; as long as <paramref name="shape"/>.</param>
/// <param name="structure">Null for a tensor; otherwise what it is: <c>sequence(map(INT64, FP32))</c>.</param>
public sealed class TensorSpec(string name, DataType type, long[] shape, string?[]? dimensions = null, string? structure = null)
{
    public string Name { get; } = name;

    public DataType Type { get; } = type;

    public IReadOnlyList<long> Shape => Dims;

    public IReadOnlyList<string?> Dimensions { get; } = dimensions ?? new string?[shape.Length];

    public string? Structure { get; } = structure;

    internal long[] Dims { get; } = shape;

    internal byte[] NameUtf8 { get; } = Encoding.UTF8.GetBytes(name);

    /// <summary>Whether a tensor of this shape fits: same rank, and equal wherever the model fixes the size.</summary>
    public bool Takes(ReadOnlySpan<long> actual)
    {
        if (actual.Length != Dims.Length)
        {
            return false;
        }

        for (var i = 0; i < actual.Length; i++)
        {
            if (Dims[i] >= 0 && Dims[i] != actual[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary><c>images FP32 [batch, 64]</c>: for people, in refusals.</summary>
    public override string ToString() =>
        $"{Name} {Structure ?? Type.Name()} [{string.Join(", ", Dims.Select((d, i) => d >= 0 ? d.ToString(System.Globalization.CultureInfo.InvariantCulture) : Dimensions[i] ?? "-1"))}]";
}

/// <summary>What a model takes and gives, in its own order.</summary>
public sealed record ModelSignature(IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs)
{
    /// <returns>The index of the input whose name these UTF-8 bytes are, or -1.</returns>
    internal int FindInput(ReadOnlySpan<byte> name) => Find(Inputs, name);

    internal int FindOutput(ReadOnlySpan<byte> name) => Find(Outputs, name);

    private static int Find(IReadOnlyList<TensorSpec> specs, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < specs.Count; i++)
        {
            if (name.SequenceEqual(specs[i].NameUtf8))
            {
                return i;
            }
        }

        return -1;
    }
}
