using System.Text.RegularExpressions;

namespace Slipway.Serving.Onnx;

/// <summary>What went wrong inside ONNX Runtime.</summary>
public enum OnnxFault
{
    /// <summary>The library is not there or too old.</summary>
    LibraryMissing,

    /// <summary>The file is not a model that can be loaded: damaged, wrong, or of a version that is not known.</summary>
    BadModel,

    /// <summary>The model has something that we or this build of the library do not support.</summary>
    NotSupported,

    /// <summary>The model does not take these values.</summary>
    BadInput,

    /// <summary>The run was given up.</summary>
    Cancelled,

    /// <summary>Memory did not suffice.</summary>
    OutOfMemory,

    /// <summary>An operator failed while it ran.</summary>
    Failed,
}

/// <summary>An error of ONNX Runtime. The message is short and holds no paths.</summary>
public sealed partial class OnnxException(OnnxFault fault, string message) : Exception(message)
{
    private const int MaxMessage = 400;

    public OnnxFault Fault { get; } = fault;

    /// <param name="code">An <c>OrtErrorCode</c>: 2 invalid argument, 3 no such file, 4 no model, 7 invalid protobuf, 9 not implemented, 10 invalid graph.</param>
    internal static OnnxException Of(int code, string message)
    {
        var fault = code switch
        {
            _ when message.Contains("terminate flag", StringComparison.Ordinal) => OnnxFault.Cancelled,
            _ when message.Contains("Failed to allocate memory", StringComparison.Ordinal) || message.Contains("bad_alloc", StringComparison.Ordinal) => OnnxFault.OutOfMemory,
            2 => OnnxFault.BadInput,
            3 or 4 or 7 or 10 => OnnxFault.BadModel,
            9 => OnnxFault.NotSupported,
            _ => OnnxFault.Failed,
        };
        return new OnnxException(fault, Clean(message));
    }

    /// <summary>Takes source places, C++ signatures and paths out of a message, and all but its first line.</summary>
    internal static string Clean(string message)
    {
        var line = message.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        var text = SourcePlaces().Replace((end < 0 ? line : line[..end]).ToString(), "");
        text = Paths().Replace(LoadFrom().Replace(text, ""), "…").Trim();
        return text.Length <= MaxMessage ? text : $"{text[..MaxMessage]}…";
    }

    /// <summary><c>/onnxruntime_src/…/model.cc:180 onnxruntime::Model::Model(…) </c></summary>
    [GeneratedRegex(@"\S*\.(?:cc|h|hpp|cpp):\d+\s+[^()]*\([^()]*(?:\([^()]*\)[^()]*)*\)(?:\s*(?:const|\[[^\]]*\]))*\s*", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourcePlaces();

    /// <summary>The file's name may hold spaces.</summary>
    [GeneratedRegex(@"^Load model from .*? failed:\s*", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LoadFrom();

    [GeneratedRegex(@"(?<![\w.\]])(?:/[^\s'""<>:,;()]+)+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Paths();
}
