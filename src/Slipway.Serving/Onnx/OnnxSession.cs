using System.Runtime.InteropServices;
using System.Text;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Onnx;

/// <summary>
/// A loaded model. Runs of several threads at a time are fine, each with an <see cref="OnnxRun"/> of its own; dispose those, then this, then the <see cref="OnnxRuntime"/>.
/// </summary>
public sealed unsafe class OnnxSession : IDisposable
{
    private readonly OnnxRuntime runtime;
    private readonly byte[][] inputNames;
    private readonly byte[][] outputNames;

    internal OnnxSession(OnnxRuntime runtime, nint handle)
    {
        this.runtime = runtime;
        Handle = handle;
        try
        {
            var api = runtime.Api;
            nuint inputs, outputs;
            api.Check(api.SessionGetInputCount(handle, &inputs));
            api.Check(api.SessionGetOutputCount(handle, &outputs));
            Signature = new ModelSignature(
                [.. Enumerable.Range(0, (int)inputs).Select(i => Describe(i, api.SessionGetInputName, api.SessionGetInputTypeInfo))],
                [.. Enumerable.Range(0, (int)outputs).Select(i => Describe(i, api.SessionGetOutputName, api.SessionGetOutputTypeInfo))]);
            Metadata = ReadMetadata();
        }
        catch
        {
            Dispose();
            throw;
        }

        inputNames = [.. Signature.Inputs.Select(Pinned)];
        outputNames = [.. Signature.Outputs.Select(Pinned)];
    }

    /// <summary>Names, types and shapes. Inputs that are sequences or maps have a <see cref="TensorSpec.Structure"/>; no dialect can send them.</summary>
    public ModelSignature Signature { get; }

    public OnnxMetadata Metadata { get; }

    internal OnnxRuntime Runtime => runtime;

    internal nint Handle { get; private set; }

    /// <summary>Zero-terminated, pinned.</summary>
    internal byte* InputName(int index) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(inputNames[index], 0);

    internal byte* OutputName(int index) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(outputNames[index], 0);

    /// <summary>Closes the model and gives its memory back to the system.</summary>
    public void Dispose()
    {
        if (Handle != 0)
        {
            runtime.Api.ReleaseSession(Handle);
            Handle = 0;
            OnnxRuntime.Trim();
        }
    }

    private static byte[] Pinned(TensorSpec spec)
    {
        var name = GC.AllocateArray<byte>(spec.NameUtf8.Length + 1, pinned: true);
        spec.NameUtf8.CopyTo(name, 0);
        return name;
    }

    private TensorSpec Describe(int index, delegate* unmanaged[Cdecl]<nint, nuint, nint, byte**, nint> getName, delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint> getType)
    {
        var api = runtime.Api;
        byte* text;
        api.Check(getName(Handle, (nuint)index, runtime.Allocator, &text));
        var name = Take(text);
        nint type;
        api.Check(getType(Handle, (nuint)index, &type));
        try
        {
            return Spec(name, type);
        }
        finally
        {
            api.ReleaseTypeInfo(type);
        }
    }

    private TensorSpec Spec(string name, nint type)
    {
        var api = runtime.Api;
        int kind;
        nint info;
        api.Check(api.GetOnnxTypeFromTypeInfo(type, &kind));
        if (kind != OrtKind.Tensor)
        {
            var (value, structure) = Structure(type);
            return new TensorSpec(name, value, [-1, -1], structure: structure);
        }

        api.Check(api.CastTypeInfoToTensorInfo(type, &info));
        int number;
        api.Check(api.GetTensorElementType(info, &number));
        nuint rank;
        api.Check(api.GetDimensionsCount(info, &rank));
        var shape = new long[rank];
        var symbols = new string?[rank];
        fixed (long* sizes = shape)
        {
            api.Check(api.GetDimensions(info, sizes, rank));
        }

        var texts = stackalloc byte*[Math.Max(1, (int)rank)];
        api.Check(api.GetSymbolicDimensions(info, texts, rank));
        for (var i = 0; i < shape.Length; i++)
        {
            symbols[i] = Marshal.PtrToStringUTF8((nint)texts[i]) is { Length: > 0 } symbol ? symbol : null;
        }

        return OrtTypes.Type(number) is { } element
            ? new TensorSpec(name, element, shape, symbols)
            : throw new OnnxException(OnnxFault.NotSupported, $"{name} has elements of {OrtTypes.Name(number)}, which no dialect carries.");
    }

    /// <summary>Type of the values at the bottom, and the whole in words.</summary>
    private (DataType Value, string Text) Structure(nint type)
    {
        var api = runtime.Api;
        int kind, number;
        nint info, inner;
        api.Check(api.GetOnnxTypeFromTypeInfo(type, &kind));
        switch (kind)
        {
            case OrtKind.Tensor:
                api.Check(api.CastTypeInfoToTensorInfo(type, &info));
                api.Check(api.GetTensorElementType(info, &number));
                return (OrtTypes.Type(number) ?? throw new OnnxException(OnnxFault.NotSupported, $"Elements of {OrtTypes.Name(number)} are carried by no dialect."), OrtTypes.Name(number));
            case OrtKind.Sequence:
                api.Check(api.CastTypeInfoToSequenceTypeInfo(type, &info));
                api.Check(api.GetSequenceElementType(info, &inner));
                return Within("sequence(", inner);
            case OrtKind.Map:
                api.Check(api.CastTypeInfoToMapTypeInfo(type, &info));
                api.Check(api.GetMapKeyType(info, &number));
                api.Check(api.GetMapValueType(info, &inner));
                return Within($"map({OrtTypes.Name(number)}, ", inner);
            default:
                throw new OnnxException(OnnxFault.NotSupported, "The model has an input or output that is neither a tensor nor a sequence or map (sparse, optional or opaque).");
        }
    }

    private (DataType Value, string Text) Within(string before, nint inner)
    {
        try
        {
            var (value, text) = Structure(inner);
            return (value, $"{before}{text})");
        }
        finally
        {
            runtime.Api.ReleaseTypeInfo(inner);
        }
    }

    private OnnxMetadata ReadMetadata()
    {
        var api = runtime.Api;
        nint metadata;
        api.Check(api.SessionGetModelMetadata(Handle, &metadata));
        try
        {
            byte* producer, graph, description;
            long version, count;
            byte** keys;
            api.Check(api.ModelMetadataGetProducerName(metadata, runtime.Allocator, &producer));
            api.Check(api.ModelMetadataGetGraphName(metadata, runtime.Allocator, &graph));
            api.Check(api.ModelMetadataGetDescription(metadata, runtime.Allocator, &description));
            api.Check(api.ModelMetadataGetVersion(metadata, &version));
            api.Check(api.ModelMetadataGetCustomMetadataMapKeys(metadata, runtime.Allocator, &keys, &count));
            var custom = new SortedDictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < count; i++)
            {
                byte* value;
                var status = api.ModelMetadataLookupCustomMetadataMap(metadata, runtime.Allocator, keys[i], &value);
                var key = Take(keys[i]);
                api.Check(status);
                custom[key] = Take(value);
            }

            if (keys is not null)
            {
                api.Check(api.AllocatorFree(runtime.Allocator, keys));
            }

            return new OnnxMetadata(Take(producer), Take(graph), Take(description), version, custom);
        }
        finally
        {
            api.ReleaseModelMetadata(metadata);
        }
    }

    /// <summary>A text of the allocator's, which is freed; null is empty.</summary>
    private string Take(byte* text)
    {
        if (text is null)
        {
            return "";
        }

        var taken = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
        runtime.Api.Check(runtime.Api.AllocatorFree(runtime.Allocator, text));
        return taken;
    }
}

/// <summary>What a model says of itself; empty where it says nothing.</summary>
/// <param name="Version">The exporter's number for it.</param>
public sealed record OnnxMetadata(string Producer, string GraphName, string Description, long Version, IReadOnlyDictionary<string, string> Custom);
