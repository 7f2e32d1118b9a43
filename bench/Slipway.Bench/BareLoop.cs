using System.Diagnostics;
using System.Globalization;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;

namespace Slipway.Bench;

/// <summary>What ONNX Runtime alone makes of a model: one run after another on the same input, without HTTP, JSON or anything of ours but the calls.</summary>
internal static class BareLoop
{
    /// <summary>Prints runs a second.</summary>
    public static int Run(string model, string library, double seconds)
    {
        using var runtime = OnnxRuntime.Load(library, threads: 1);
        using var session = runtime.Open(model);
        using var run = new OnnxRun(session);
        var spec = session.Signature.Inputs[0];
        long[] shape = [1, .. spec.Shape.Skip(1)];
        var data = GC.AllocateArray<byte>((int)(Shapes.Count(shape) * spec.Type.Size()), pinned: true);
        long runs = 0;
        Span<long> room = stackalloc long[Shapes.MaxRank];
        for (var warm = 0; warm < 2_000; warm++)
        {
            One(room);
        }

        var watch = Stopwatch.StartNew();
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            One(room);
            runs++;
        }

        Console.WriteLine((runs / watch.Elapsed.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        return 0;

        void One(Span<long> sizes)
        {
            run.SetInput(0, spec.Type, shape, data);
            run.Run([]);
            _ = run.Output(0, "y", sizes).Data[0];
            run.Clear();
        }
    }
}
