using Slipway.Serving.Tensors;

namespace Slipway.Serving.Onnx;

/// <summary>Numbers of <c>ONNXType</c>.</summary>
internal static class OrtKind
{
    public const int Tensor = 1;
    public const int Sequence = 2;
    public const int Map = 3;
}

/// <summary>Numbers of <c>ONNXTensorElementDataType</c>.</summary>
internal static class OrtTypes
{
    // In the order of DataType.
    private static readonly int[] Numbers = [9, 2, 4, 12, 13, 3, 5, 6, 7, 10, 1, 11, 16, 8];

    private static readonly string[] Names =
    [
        "undefined", "FP32", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "BYTES", "BOOL", "FP16", "FP64", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128",
        "BF16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1",
    ];

    public static int Number(DataType type) => Numbers[(int)type];

    /// <returns>Null: a type that no dialect carries.</returns>
    public static DataType? Type(int number) => Array.IndexOf(Numbers, number) is var index and >= 0 ? (DataType)index : null;

    public static string Name(int number) => number >= 0 && number < Names.Length ? Names[number] : $"element type {number}";
}
