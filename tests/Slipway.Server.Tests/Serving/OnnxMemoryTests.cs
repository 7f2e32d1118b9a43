using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;
using Slipway.Testing;

namespace Slipway.Server.Tests.Serving;

/// <summary>What ONNX Runtime is asked for is given back. Alone in the process while it measures.</summary>
[Collection(nameof(OnnxMemoryTests))]
[CollectionDefinition(nameof(OnnxMemoryTests), DisableParallelization = true)]
public sealed class OnnxMemoryTests
{
    public OnnxMemoryTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    [Fact]
    public void Memory_is_flat_over_many_runs_and_sessions()
    {
        using (var session = OnnxLibrary.Runtime.Open(OnnxModels.ZipMap(textLabels: true)))
        {
            using var run = new OnnxRun(session);
            var store = Rows();
            var before = 0L;
            for (var i = 0; i < 20_000; i++)
            {
                run.SetInput(0, DataType.Fp32, [64, 2], store[0].Data);
                run.Run([]);
                if (i % 10 == 0)
                {
                    _ = run.Maps(0).Rows;
                }

                run.Clear();
                before = i == 2_000 ? Resident() : before;
            }

            Assert.InRange(Resident() - before, long.MinValue, 64 << 20);
        }

        var settled = 0L;
        for (var i = 0; i < 200; i++)
        {
            using var session = OnnxLibrary.Runtime.Open(OnnxModels.Linear(512, 512));   // 1 MB of weights each: 170 MB if they stayed
            settled = i == 30 ? Resident() : settled;
        }

        Assert.InRange(Resident() - settled, long.MinValue, 64 << 20);

        static long Resident() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;
    }

    private static TensorStore Rows()
    {
        var store = new TensorStore();
        store.Add(new Tensor("x", DataType.Fp32, [64, 2], new byte[512]));
        return store;
    }
}
