using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Slipway.Serving.Tensors;

/// <summary>Writes the elements of tensors as JSON.</summary>
/// <exception cref="TensorException">bad_answer: JSON cannot carry NaN, infinities, or bytes that are not UTF-8.</exception>
internal static class JsonTensorWriter
{
    /// <summary>One list of all elements, row-major.</summary>
    public static void Flat(Utf8JsonWriter json, in Tensor tensor)
    {
        json.WriteStartArray();
        Run(json, tensor, 0, tensor.Count, tensor.Data);
        json.WriteEndArray();
    }

    /// <summary>Lists within lists, as the shape says; a scalar as it is.</summary>
    public static void Nested(Utf8JsonWriter json, in Tensor tensor)
    {
        var data = tensor.Data;
        long start = 0;
        Nested(json, tensor, tensor.Shape, ref start, ref data);
    }

    private static void Nested(Utf8JsonWriter json, in Tensor tensor, ReadOnlySpan<long> shape, ref long start, ref ReadOnlySpan<byte> data)
    {
        if (shape.Length == 0)
        {
            data = data[Run(json, tensor, start++, 1, data)..];
            return;
        }

        json.WriteStartArray();
        if (shape.Length == 1)
        {
            data = data[Run(json, tensor, start, shape[0], data)..];
            start += shape[0];
        }
        else
        {
            for (long i = 0; i < shape[0]; i++)
            {
                Nested(json, tensor, shape[1..], ref start, ref data);
            }
        }

        json.WriteEndArray();
    }

    /// <summary>Writes <paramref name="count"/> elements from the front of <paramref name="data"/>.</summary>
    /// <param name="start">Number of the first, for messages.</param>
    /// <returns>Bytes that they have.</returns>
    private static int Run(Utf8JsonWriter json, in Tensor tensor, long start, long count, ReadOnlySpan<byte> data)
    {
        if (tensor.Type == DataType.Bytes)
        {
            var used = 0;
            for (long i = 0; i < count; i++)
            {
                var text = data.Slice(used + 4, BinaryPrimitives.ReadInt32LittleEndian(data[used..]));
                json.WriteStringValue(Utf8.IsValid(text) ? text : throw NoText(tensor, start + i));
                used += 4 + text.Length;
            }

            return used;
        }

        var bytes = checked((int)(count * tensor.Type.Size()));
        var run = data[..bytes];
        switch (tensor.Type)
        {
            case DataType.Fp32:
                foreach (var value in MemoryMarshal.Cast<byte, float>(run))
                {
                    json.WriteNumberValue(float.IsFinite(value) ? value : throw NoNumber(tensor));
                }

                break;
            case DataType.Fp64:
                foreach (var value in MemoryMarshal.Cast<byte, double>(run))
                {
                    json.WriteNumberValue(double.IsFinite(value) ? value : throw NoNumber(tensor));
                }

                break;
            case DataType.Int64:
                foreach (var value in MemoryMarshal.Cast<byte, long>(run))
                {
                    json.WriteNumberValue(value);
                }

                break;
            default:
                for (var i = 0; i < run.Length; i += tensor.Type.Size())
                {
                    Element(json, tensor, run[i..]);
                }

                break;
        }

        return bytes;
    }

    private static void Element(Utf8JsonWriter json, in Tensor tensor, ReadOnlySpan<byte> bytes)
    {
        switch (tensor.Type)
        {
            case DataType.Bool:
                json.WriteBooleanValue(bytes[0] != 0);
                break;
            case DataType.UInt8:
                json.WriteNumberValue((uint)bytes[0]);
                break;
            case DataType.UInt16:
                json.WriteNumberValue((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes));
                break;
            case DataType.UInt32:
                json.WriteNumberValue(BinaryPrimitives.ReadUInt32LittleEndian(bytes));
                break;
            case DataType.UInt64:
                json.WriteNumberValue(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
                break;
            case DataType.Int8:
                json.WriteNumberValue((int)(sbyte)bytes[0]);
                break;
            case DataType.Int16:
                json.WriteNumberValue((int)BinaryPrimitives.ReadInt16LittleEndian(bytes));
                break;
            case DataType.Int32:
                json.WriteNumberValue(BinaryPrimitives.ReadInt32LittleEndian(bytes));
                break;
            case DataType.Fp16:
                Single(json, tensor, (float)BinaryPrimitives.ReadHalfLittleEndian(bytes));
                break;
            case DataType.Bf16:
                Single(json, tensor, BrainFloat.Widen(BinaryPrimitives.ReadUInt16LittleEndian(bytes)));
                break;
            default:
                throw new InvalidOperationException($"{tensor.Type} is written elsewhere.");
        }
    }

    private static void Single(Utf8JsonWriter json, in Tensor tensor, float value) => json.WriteNumberValue(float.IsFinite(value) ? value : throw NoNumber(tensor));

    private static TensorException NoNumber(in Tensor tensor) => new(
        TensorError.BadAnswer, $"Output {tensor.Name} holds NaN or an infinity, which JSON cannot carry; the binary tensor extension of the Open Inference Protocol can.");

    private static TensorException NoText(in Tensor tensor, long element) => new(
        TensorError.BadAnswer, $"Element {element} of output {tensor.Name} is not UTF-8, which JSON cannot carry; the binary tensor extension of the Open Inference Protocol can.");
}
