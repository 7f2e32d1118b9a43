using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Onnx;

/// <summary>
/// Place for one run at a time: <see cref="SetInput"/> for each input, <see cref="Run"/>, read the outputs, <see cref="Clear"/>. Reused; for one thread, save
/// <see cref="Terminate"/>.
/// </summary>
public sealed unsafe class OnnxRun : IDisposable
{
    private readonly OnnxSession session;
    private readonly OrtApi api;
    private readonly nint[] inputs;
    private readonly nint[] outputs;
    private readonly nint[] names;      // scratch for Run
    private readonly Numbers[] numbers; // what is known of the outputs: a run for many requests is read for each of them
    private readonly Lock ending = new();
    private nint options;
    private int ran;

    public OnnxRun(OnnxSession session)
    {
        this.session = session;
        api = session.Runtime.Api;
        inputs = new nint[session.Signature.Inputs.Count];
        outputs = new nint[session.Signature.Outputs.Count];
        names = new nint[inputs.Length + outputs.Length];
        numbers = [.. outputs.Select(_ => new Numbers { Sizes = new long[Shapes.MaxRank] })];
        nint made;
        api.Check(api.CreateRunOptions(&made));
        options = made;
    }

    /// <summary>Outputs of the last run.</summary>
    public int OutputCount => ran;

    /// <summary>Sets an input. Numbers are not copied: they stay where they are, pinned (as a <see cref="TensorStore"/> has them), until the run is over.</summary>
    /// <exception cref="OnnxException">bad_input.</exception>
    public void SetInput(int index, DataType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        Release(ref inputs[index]);
        nint value;
        fixed (long* sizes = shape)
        {
            if (type != DataType.Bytes)
            {
                void* start = Unsafe.AsPointer(ref MemoryMarshal.GetReference(data));
                long none;   // no elements: any address will do, but null
                api.Check(api.CreateTensorWithDataAsOrtValue(
                    session.Runtime.CpuMemory, start is null ? &none : start, (nuint)data.Length, sizes, (nuint)shape.Length, OrtTypes.Number(type), &value));
                inputs[index] = value;
                return;
            }

            api.Check(api.CreateTensorAsOrtValue(session.Runtime.Allocator, sizes, (nuint)shape.Length, OrtTypes.Number(type), &value));
        }

        inputs[index] = value;
        FillTexts(value, (int)Shapes.Count(shape), data);
    }

    /// <summary>Runs the model.</summary>
    /// <param name="wanted">Indices of the outputs to compute; empty: all.</param>
    /// <exception cref="OnnxException">bad_input, cancelled, out_of_memory, failed, not_supported.</exception>
    public void Run(ReadOnlySpan<int> wanted)
    {
        ReleaseOutputs();
        var count = wanted.IsEmpty ? outputs.Length : wanted.Length;
        for (var i = 0; i < inputs.Length; i++)
        {
            names[i] = (nint)session.InputName(i);
        }

        for (var i = 0; i < count; i++)
        {
            names[inputs.Length + i] = (nint)session.OutputName(wanted.IsEmpty ? i : wanted[i]);
        }

        nint status;
        fixed (nint* name = names, input = inputs, output = outputs)
        {
            status = api.Run(session.Handle, options, (byte**)name, input, (nuint)inputs.Length, (byte**)(name + inputs.Length), (nuint)count, output);
        }

        ran = count;
        if (status != 0)
        {
            throw api.Error(status);
        }
    }

    /// <summary>Lets a run of another thread end soon, as cancelled; before a run, the next one.</summary>
    public void Terminate()
    {
        lock (ending)
        {
            if (options != 0)
            {
                api.Check(api.RunOptionsSetTerminate(options));
            }
        }
    }

    /// <summary>Takes <see cref="Terminate"/> back.</summary>
    public void Resume() => api.Check(api.RunOptionsUnsetTerminate(options));

    /// <summary>Whether an output of the last run is a tensor, and not a sequence or map.</summary>
    public bool IsTensor(int index)
    {
        if (numbers[index].IsKnown)
        {
            return true;
        }

        int kind;
        api.Check(api.GetValueType(outputs[index], &kind));
        return kind == OrtKind.Tensor;
    }

    /// <summary>An output of the last run; valid until <see cref="Clear"/> or the next run.</summary>
    /// <param name="shape">At least as long as its rank; the shape is put there.</param>
    public Tensor Output(int index, string name, Span<long> shape)
    {
        ref var known = ref numbers[index];
        if (known.IsKnown)
        {
            known.Sizes.AsSpan(0, known.Rank).CopyTo(shape);
            return new Tensor(name, known.Type, shape[..known.Rank], new ReadOnlySpan<byte>(known.Data, known.Length));
        }

        var tensor = Read(outputs[index], name, shape);
        if (tensor.Type != DataType.Bytes)
        {
            known.IsKnown = true;
            known.Type = tensor.Type;
            known.Rank = tensor.Shape.Length;
            tensor.Shape.CopyTo(known.Sizes);
            known.Data = Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.Data));
            known.Length = tensor.Data.Length;
        }

        return tensor;
    }

    /// <summary>An output that is a sequence of maps, such as a classifier's probabilities: its keys, and a value for each row and key.</summary>
    /// <exception cref="OnnxException">not_supported: it is something else, or its rows have different keys.</exception>
    public OnnxMaps Maps(int index)
    {
        var sequence = outputs[index];
        int kind;
        api.Check(api.GetValueType(sequence, &kind));
        nuint rows = 1;
        if (kind == OrtKind.Sequence)
        {
            api.Check(api.GetValueCount(sequence, &rows));
        }

        var maps = new OnnxMaps();
        Span<long> shape = stackalloc long[Shapes.MaxRank];
        for (var row = 0; row < (int)rows; row++)
        {
            var map = kind == OrtKind.Sequence ? Part(sequence, row) : sequence;
            nint keys = 0, values = 0;
            try
            {
                api.Check(api.GetValueType(map, &kind));
                if (kind != OrtKind.Map)
                {
                    throw new OnnxException(OnnxFault.NotSupported, "An output is a sequence of something else than maps.");
                }

                kind = OrtKind.Sequence;
                keys = Part(map, 0);
                values = Part(map, 1);
                maps.Add(Read(keys, "", shape));
                maps.AddValues(Read(values, "", shape));
            }
            finally
            {
                Release(ref keys);
                Release(ref values);
                if (map != sequence)
                {
                    Release(ref map);
                }
            }
        }

        return maps;
    }

    /// <summary>Releases inputs and outputs.</summary>
    public void Clear()
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            Release(ref inputs[i]);
        }

        ReleaseOutputs();
    }

    public void Dispose()
    {
        lock (ending)
        {
            if (options != 0)
            {
                Clear();
                api.ReleaseRunOptions(options);
                options = 0;
            }
        }
    }

    private nint Part(nint value, int index)
    {
        nint part;
        api.Check(api.GetValue(value, index, session.Runtime.Allocator, &part));
        return part;
    }

    private Tensor Read(nint value, string name, Span<long> shape)
    {
        nint info;
        int number;
        nuint rank;
        api.Check(api.GetTensorTypeAndShape(value, &info));
        try
        {
            api.Check(api.GetTensorElementType(info, &number));
            api.Check(api.GetDimensionsCount(info, &rank));
            if ((int)rank > shape.Length)
            {
                throw new OnnxException(OnnxFault.NotSupported, $"Output {name} has {rank} dimensions; {shape.Length} are supported.");
            }

            fixed (long* sizes = shape)
            {
                api.Check(api.GetDimensions(info, sizes, rank));
            }
        }
        finally
        {
            api.ReleaseTensorTypeAndShapeInfo(info);
        }

        var actual = shape[..(int)rank];
        var type = OrtTypes.Type(number) ?? throw new OnnxException(OnnxFault.NotSupported, $"Output {name} has elements of {OrtTypes.Name(number)}, which no dialect carries.");
        var count = Shapes.Count(actual);
        if (type == DataType.Bytes)
        {
            return new Tensor(name, type, actual, ReadTexts(value, (int)count));
        }

        void* data;
        api.Check(api.GetTensorMutableData(value, &data));
        return count * type.Size() <= int.MaxValue
            ? new Tensor(name, type, actual, new ReadOnlySpan<byte>(data, (int)(count * type.Size())))
            : throw new OnnxException(OnnxFault.NotSupported, $"Output {name} has over 2 GiB, which no answer can; ask for a smaller one.");
    }

    /// <summary>The library wants zero-terminated texts and copies them.</summary>
    private void FillTexts(nint value, int count, ReadOnlySpan<byte> data)
    {
        if (count == 0)
        {
            return;
        }

        // Each element's own bytes with a zero behind: as long as with the length before them, less three.
        var copy = (byte*)NativeMemory.Alloc((nuint)(data.Length + 1));
        var starts = (byte**)NativeMemory.Alloc((nuint)count, (nuint)sizeof(byte*));
        try
        {
            var end = copy;
            for (var i = 0; i < count; i++)
            {
                var text = data.Slice(4, BinaryPrimitives.ReadInt32LittleEndian(data));
                data = data[(4 + text.Length)..];
                if (text.Contains((byte)0))
                {
                    throw new OnnxException(OnnxFault.BadInput, $"Element {i} has a zero byte; texts of ONNX models have none.");
                }

                starts[i] = end;
                text.CopyTo(new Span<byte>(end, text.Length));
                end += text.Length;
                *end++ = 0;
            }

            api.Check(api.FillStringTensor(value, starts, (nuint)count));
        }
        finally
        {
            NativeMemory.Free(starts);
            NativeMemory.Free(copy);
        }
    }

    /// <summary>The content comes without separators, and with where each text begins.</summary>
    private ReadOnlySpan<byte> ReadTexts(nint value, int count)
    {
        nuint length;
        api.Check(api.GetStringTensorDataLength(value, &length));
        var content = new byte[length];
        var starts = new nuint[count];
        fixed (byte* bytes = content)
        {
            fixed (nuint* offsets = starts)
            {
                if (count > 0)
                {
                    api.Check(api.GetStringTensorContent(value, bytes, length, offsets, (nuint)count));
                }
            }
        }

        var target = new byte[checked(content.Length + (4 * count))];
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            var text = content.AsSpan((int)starts[i]..(i + 1 < count ? (int)starts[i + 1] : content.Length));
            BinaryPrimitives.WriteInt32LittleEndian(target.AsSpan(at), text.Length);
            text.CopyTo(target.AsSpan(at + 4));
            at += 4 + text.Length;
        }

        return target;
    }

    private void ReleaseOutputs()
    {
        for (var i = 0; i < outputs.Length; i++)
        {
            Release(ref outputs[i]);
            numbers[i].IsKnown = false;
        }

        ran = 0;
    }

    private void Release(ref nint value)
    {
        if (value != 0)
        {
            api.ReleaseValue(value);
            value = 0;
        }
    }

    /// <summary>A tensor of numbers in the library's memory.</summary>
    private struct Numbers
    {
        public bool IsKnown;
        public DataType Type;
        public int Rank;
        public long[] Sizes;
        public void* Data;
        public int Length;
    }
}
