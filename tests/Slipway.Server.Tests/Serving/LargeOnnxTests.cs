using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;
using Slipway.Testing;

namespace Slipway.Server.Tests.Serving;

/// <summary>Models of more than 2 GiB, in files with holes: they take no room on the disk.</summary>
public sealed class LargeOnnxTests : IDisposable
{
    private const long PastTwoGib = (2L << 30) + (1 << 20);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("slipway-large-");

    public LargeOnnxTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Weights_that_lie_past_2_GiB_of_a_file_beside_the_model_are_found()
    {
        using (var data = File.Create(Path.Combine(folder.FullName, "w.bin")))
        {
            data.Position = PastTwoGib;
            data.Write(MemoryMarshal.AsBytes<float>([2, 3]));
        }

        var path = Path.Combine(folder.FullName, "model.onnx");
        File.WriteAllBytes(path, OnnxModels.Model(
            [OnnxModels.Node("MatMul", ["x", "w"], ["y"])], [OnnxModels.Value("x", 1, "n", 2)], [OnnxModels.Value("y", 1, "n", 1)], [OnnxModels.External("w", [2, 1], "w.bin", PastTwoGib)]));
        Assert.Equal("FP32", Inspect(path).GetProperty("inputs")[0].GetProperty("datatype").GetString());
        using var session = OnnxLibrary.Runtime.Open(path);
        using var run = new OnnxRun(session);
        run.SetInput(0, DataType.Fp32, [1, 2], MemoryMarshal.AsBytes<float>([10, 100]));
        run.Run([]);
        Assert.Equal([320f], MemoryMarshal.Cast<byte, float>(run.Output(0, "y", new long[8]).Data).ToArray());
    }

    [Fact]
    public void A_model_file_over_2_GiB_is_refused_with_what_to_do()
    {
        var path = Path.Combine(folder.FullName, "model.onnx");
        using (var file = File.Create(path))
        {
            file.Write(OnnxModels.Linear());
            file.SetLength(PastTwoGib);
        }

        var refused = Inspect(path);
        Assert.Equal("bad_onnx", refused.GetProperty("error").GetString());
        Assert.Contains("external data", refused.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>What registration asks of a process of its own.</summary>
    private static JsonElement Inspect(string model)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [OnnxReplicaProcess.ProgramPath(), "inspect", "--library", OnnxLibrary.Path!, "--model", model])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonElement.Parse(printed);
    }
}
