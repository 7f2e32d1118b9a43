using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Onnx;

/// <summary>A sequence of maps with the same keys in each: a table of rows and keys.</summary>
public sealed class OnnxMaps
{
    private readonly List<byte> keyBytes = [];
    private readonly List<byte> values = [];
    private List<string>? keys;

    /// <summary>INT64 or BYTES.</summary>
    public DataType KeyType { get; private set; } = DataType.Int64;

    public DataType ValueType { get; private set; } = DataType.Fp32;

    /// <summary>In the order of the map.</summary>
    public IReadOnlyList<string> Keys => keys ?? [];

    public int Rows { get; private set; }

    /// <summary><c>[rows, keys]</c>.</summary>
    public Tensor Values(string name, Span<long> shape)
    {
        shape[0] = Rows;
        shape[1] = Keys.Count;
        return new Tensor(name, ValueType, shape[..2], System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values));
    }

    /// <summary><c>[keys]</c>, as the model has them.</summary>
    public Tensor KeyTensor(string name, Span<long> shape)
    {
        shape[0] = Keys.Count;
        return new Tensor(name, KeyType, shape[..1], System.Runtime.InteropServices.CollectionsMarshal.AsSpan(keyBytes));
    }

    /// <summary>Whether an output can be answered as such a table: one map, or a sequence of them, from INT64 or BYTES to numbers.</summary>
    public static bool Reads(TensorSpec output)
    {
        return output.Type != DataType.Bytes && (IsMap(DataType.Int64) || IsMap(DataType.Bytes));

        bool IsMap(DataType key)
        {
            var map = $"map({key.Name()}, {output.Type.Name()})";
            return output.Structure == map || output.Structure == $"sequence({map})";
        }
    }

    internal void Add(Tensor tensor)
    {
        if (keys is not null)
        {
            if (tensor.Type != KeyType || !tensor.Data.SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(keyBytes)))
            {
                throw new OnnxException(OnnxFault.NotSupported, "An output is a sequence of maps whose keys differ.");
            }

            return;
        }

        KeyType = tensor.Type;
        keyBytes.AddRange(tensor.Data);
        keys = [];
        var rest = tensor.Data;
        for (var i = 0; i < tensor.Count; i++)
        {
            if (tensor.Type == DataType.Bytes)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                keys.Add(Encoding.UTF8.GetString(rest.Slice(4, length)));
                rest = rest[(4 + length)..];
            }
            else
            {
                keys.Add(BinaryPrimitives.ReadInt64LittleEndian(rest).ToString(CultureInfo.InvariantCulture));
                rest = rest[8..];
            }
        }
    }

    internal void AddValues(Tensor tensor)
    {
        if (tensor.Count != Keys.Count || (Rows > 0 && tensor.Type != ValueType) || tensor.Type == DataType.Bytes)
        {
            throw new OnnxException(OnnxFault.NotSupported, "An output is a sequence of maps whose values are not numbers of one type.");
        }

        ValueType = tensor.Type;
        values.AddRange(tensor.Data);
        Rows++;
    }
}
