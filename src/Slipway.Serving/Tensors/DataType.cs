namespace Slipway.Serving.Tensors;

/// <summary>Element types of tensors, by the names of the Open Inference Protocol.</summary>
public enum DataType : byte
{
    Bool,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Int8,
    Int16,
    Int32,
    Int64,
    Fp16,
    Fp32,
    Fp64,
    Bf16,

    /// <summary>Texts or byte strings of any length.</summary>
    Bytes,
}

/// <summary>Names and sizes of <see cref="DataType"/>.</summary>
public static class DataTypes
{
    private static readonly string[] Names =
        ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BF16", "BYTES"];

    private static readonly byte[] Sizes = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 2, 0];

    /// <summary>All of them, in the order of the enum.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The protocol's name: <c>FP32</c>.</summary>
    public static string Name(this DataType type) => Names[(int)type];

    /// <summary>Bytes of one element; 0 for <see cref="DataType.Bytes"/>, whose elements differ.</summary>
    public static int Size(this DataType type) => Sizes[(int)type];

    public static bool IsFloat(this DataType type) => type is DataType.Fp16 or DataType.Fp32 or DataType.Fp64 or DataType.Bf16;

    /// <returns>False when there is no such datatype.</returns>
    public static bool TryParse(ReadOnlySpan<char> name, out DataType type)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (name.SequenceEqual(Names[i]))
            {
                type = (DataType)i;
                return true;
            }
        }

        type = default;
        return false;
    }
}
