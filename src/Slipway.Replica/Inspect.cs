using System.IO.MemoryMappedFiles;
using System.Text.Json;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;

namespace Slipway.Replica;

/// <summary>
/// Looks at a model file that somebody has uploaded and prints what it is as one line of JSON. The server runs this in a child process with limits, as an unprivileged user:
/// whatever the file does to the library, it does it there.
/// </summary>
internal static class Inspect
{
    private const long MaxBytes = int.MaxValue;   // what protocol buffers can hold

    /// <returns>0: it is in the answer whether the model can be loaded.</returns>
    public static int Run(string library, string model)
    {
        InspectedModel answer;
        try
        {
            answer = Look(library, model);
        }
        catch (OnnxException exception)
        {
            answer = InspectedModel.Refused(Code(exception), exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            answer = InspectedModel.Refused("bad_onnx", "The file cannot be read.");
        }

        using var output = Console.OpenStandardOutput();
        JsonSerializer.Serialize(output, answer, ReplicaJson.Default.InspectedModel);
        output.Flush();
        Posix.Exit(0);   // at once: nothing that the file has left behind in the library runs
        return 0;
    }

    /// <summary>Prints the library's version; with a folder, makes sure that all of it can be read.</summary>
    /// <returns>0, or 1 with the reason on standard error.</returns>
    public static int Version(string library, string? folder)
    {
        try
        {
            foreach (var file in folder is null ? [] : Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                using var opened = File.OpenRead(file);
            }

            using var runtime = OnnxRuntime.Load(library, threads: 1);
            Console.Out.WriteLine(runtime.Version);
            return 0;
        }
        catch (Exception exception) when (exception is OnnxException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(exception is OnnxException ? exception.Message : "cannot read a file that it needs");
            return 1;
        }
    }

    private static InspectedModel Look(string library, string path)
    {
        var file = ReadFile(path);
        if (file.ExternalFiles.FirstOrDefault(f => !OnnxFile.IsInside(f)) is { } outside)
        {
            return InspectedModel.Refused("onnx_external_data", $"The model keeps data in a file outside of its folder ({Short(outside)}); export it with data beside it or inside.");
        }

        var folder = Path.GetDirectoryName(path)!;
        if (file.ExternalFiles.FirstOrDefault(f => !IsPlainFile(Path.Combine(folder, f))) is { } missing)
        {
            return InspectedModel.Refused("onnx_external_data", $"The model keeps data in {Short(missing)}, which is not beside it in the package.");
        }

        using var runtime = OnnxRuntime.Load(library, threads: 1);
        using var session = runtime.Open(path);
        var (signature, metadata) = (session.Signature, session.Metadata);
        return new InspectedModel(
            null, null, file.IrVersion, new SortedDictionary<string, long>(file.Opsets.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal), file.Producer, file.ProducerVersion, metadata.GraphName, metadata.Description,
            metadata.Version, new SortedDictionary<string, string>(metadata.Custom.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal), [.. signature.Inputs.Select(Tensor)], [.. signature.Outputs.Select(Tensor)],
            NotRunnable(signature));
    }

    private static string? NotRunnable(ModelSignature signature) =>
        signature.Inputs.FirstOrDefault(i => i.Structure is not null) is { } input
            ? $"Its input {input.Name} is a {input.Structure}, and no dialect can send that; export it with tensors as inputs."
            : signature.Outputs.FirstOrDefault(o => o.Structure is not null && !OnnxMaps.Reads(o)) is { } output
                ? $"Its output {output.Name} is a {output.Structure}, and no dialect can answer that; export it with tensors, or sequences of maps to numbers, as outputs."
                : null;

    private static OnnxFile ReadFile(string path)
    {
        var length = new FileInfo(path).Length;
        if (length is 0 or > MaxBytes)
        {
            throw new OnnxException(
                OnnxFault.BadModel, length == 0 ? "The file is empty." : "The file is over 2 GiB, which ONNX cannot hold; keep large tensors in a file beside it (external data).");
        }

        using var mapped = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        using var view = mapped.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        unsafe
        {
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                return OnnxFile.Read(new ReadOnlySpan<byte>(start, (int)length));
            }
            finally
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            }
        }
    }

    private static InspectedTensor Tensor(TensorSpec spec) => new(spec.Name, spec.Type.Name(), spec.Shape, spec.Dimensions, spec.Structure);

    private static bool IsPlainFile(string path) => new FileInfo(path) is { Exists: true, LinkTarget: null };

    private static string Code(OnnxException exception) => exception.Fault switch
    {
        OnnxFault.LibraryMissing => "onnx_runtime_missing",
        OnnxFault.NotSupported => "unsupported_onnx",
        _ when exception.Message.Contains("version", StringComparison.OrdinalIgnoreCase) || exception.Message.Contains("opset", StringComparison.OrdinalIgnoreCase)
            || exception.Message.Contains("is not a registered function/op", StringComparison.Ordinal) || exception.Message.Contains("supported", StringComparison.Ordinal) => "unsupported_onnx",
        _ => "bad_onnx",
    };

    private static string Short(string text) => text.Length <= 80 ? text : $"{text[..80]}…";
}

/// <summary>What <see cref="Inspect"/> prints; without an error all of it is there.</summary>
/// <param name="Error">bad_onnx, unsupported_onnx, onnx_external_data or onnx_runtime_missing; null: it can be loaded.</param>
/// <param name="NotRunnable">Why it cannot be served all the same; null: it can.</param>
internal sealed record InspectedModel(
    string? Error, string? Message, long IrVersion, SortedDictionary<string, long>? Opsets, string? Producer, string? ProducerVersion, string? GraphName, string? Description,
    long ModelVersion, SortedDictionary<string, string>? Metadata, IReadOnlyList<InspectedTensor>? Inputs, IReadOnlyList<InspectedTensor>? Outputs, string? NotRunnable)
{
    public static InspectedModel Refused(string code, string message) => new(code, message, 0, null, null, null, null, null, 0, null, null, null, null);
}

/// <param name="Shape">-1: any size.</param>
/// <param name="Dimensions">Symbolic names; null where there is none.</param>
/// <param name="Structure">Null for a tensor.</param>
internal sealed record InspectedTensor(string Name, string Datatype, IReadOnlyList<long> Shape, IReadOnlyList<string?> Dimensions, string? Structure);
