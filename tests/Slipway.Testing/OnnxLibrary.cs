using Slipway.Serving.Onnx;

namespace Slipway.Testing;

/// <summary>ONNX Runtime as <c>runtimes/onnx/install</c> has put it; one for all tests of a process.</summary>
internal static class OnnxLibrary
{
    public const string Missing = "ONNX Runtime is not installed: run runtimes/onnx/install.";

    private static readonly Lazy<OnnxRuntime> Loaded = new(() => OnnxRuntime.Load(Path!, threads: 1));

    /// <summary>Null: not there.</summary>
    public static string? Path { get; } = Find();

    public static OnnxRuntime Runtime => Loaded.Value;

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.Path.Combine(folder.FullName, "out", "onnx", "libonnxruntime.so.1") is var found && File.Exists(found))
            {
                return found;
            }
        }

        return null;
    }
}
