using System.Buffers.Binary;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Hosting;

/// <summary>Inputs for trials: numbered rows, each always the same; reals in [0, 1), whole numbers 0 or 1, dimensions that are free besides the first of size 1.</summary>
internal sealed class MadeUp : IDisposable
{
    /// <summary>Elements of all inputs together that one trial may have.</summary>
    public const long MaxElements = 1 << 22;

    private readonly TensorStore store = new();

    public MadeUp(ModelSignature signature, IEnumerable<int> rows)
    {
        int[] numbers = [.. rows];
        for (var i = 0; i < signature.Inputs.Count; i++)
        {
            var spec = signature.Inputs[i];
            long[] shape = [numbers.Length, .. spec.Shape.Skip(1).Select(s => s < 0 ? 1 : s)];
            var elements = Shapes.Count(shape.AsSpan(1));
            if (elements < 0 || elements > MaxElements / numbers.Length)
            {
                throw new OnnxException(OnnxFault.NotSupported, $"{spec.Name} is too large to be tried out.");
            }

            var bytes = new List<byte>();
            foreach (var row in numbers)
            {
                var random = new Random((row * 7919) + i);
                for (long element = 0; element < elements; element++)
                {
                    Element(bytes, spec.Type, random);
                }
            }

            store.Add(new Tensor(spec.Name, spec.Type, shape, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes)));
        }
    }

    /// <summary>Elements that one row has; above <see cref="MaxElements"/> it does not matter how far.</summary>
    public static long ElementsOfRow(ModelSignature signature)
    {
        var sum = 0L;
        foreach (var spec in signature.Inputs)
        {
            var elements = Shapes.Count([.. spec.Shape.Skip(1).Select(s => s < 0 ? 1 : s)]);
            sum += elements is < 0 or > MaxElements ? MaxElements + 1 : elements;
        }

        return sum;
    }

    public void Set(OnnxRun run)
    {
        for (var i = 0; i < store.Count; i++)
        {
            var tensor = store[i];
            run.SetInput(i, tensor.Type, tensor.Shape, tensor.Data);
        }
    }

    public void Dispose() => store.Clear();

    private static void Element(List<byte> bytes, DataType type, Random random)
    {
        Span<byte> room = stackalloc byte[8];
        var value = random.NextDouble();
        switch (type)
        {
            case DataType.Fp32:
                BinaryPrimitives.WriteSingleLittleEndian(room, (float)value);
                break;
            case DataType.Fp64:
                BinaryPrimitives.WriteDoubleLittleEndian(room, value);
                break;
            case DataType.Fp16:
                BinaryPrimitives.WriteHalfLittleEndian(room, (Half)value);
                break;
            case DataType.Bf16:
                BinaryPrimitives.WriteUInt16LittleEndian(room, BrainFloat.Round((float)value));
                break;
            case DataType.Bytes:
                bytes.AddRange([1, 0, 0, 0, (byte)(value < 0.5 ? 'a' : 'b')]);
                return;
            default:
                room.Clear();
                room[0] = value < 0.5 ? (byte)0 : (byte)1;
                break;
        }

        bytes.AddRange(room[..type.Size()]);
    }
}
