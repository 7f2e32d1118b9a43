using System.Runtime.InteropServices;
using System.Text;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;
using Slipway.Testing;

namespace Slipway.Server.Tests.Serving;

/// <summary>The binding of ONNX Runtime, on the real library.</summary>
public sealed class OnnxTests
{
    public OnnxTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    [Fact]
    public void A_session_tells_names_types_shapes_and_symbols()
    {
        using var session = OnnxLibrary.Runtime.Open(OnnxModels.Model(
            [OnnxModels.Node("Identity", ["image"], ["same"])], [OnnxModels.Value("image", OnnxModels.Float, "batch", 3, "height")],
            [OnnxModels.Value("same", OnnxModels.Float, "batch", 3, "height")], metadata: [("author", "a test"), ("note", "ümlaut")]));
        var input = Assert.Single(session.Signature.Inputs);
        Assert.Equal(("image", DataType.Fp32, "-1 3 -1", "batch  height"), (input.Name, input.Type, string.Join(' ', input.Shape), string.Join(' ', input.Dimensions)));
        Assert.Equal("same", Assert.Single(session.Signature.Outputs).Name);
        Assert.Equal(("slipway-tests", "graph"), (session.Metadata.Producer, session.Metadata.GraphName));
        Assert.Equal("a test ümlaut", string.Join(' ', session.Metadata.Custom.Values));
    }

    // Numbers of onnx.proto3's TensorProto.DataType.
    [Theory]
    [InlineData(9, DataType.Bool, "0100")]
    [InlineData(2, DataType.UInt8, "00ff")]
    [InlineData(4, DataType.UInt16, "0100ffff")]
    [InlineData(12, DataType.UInt32, "01000000ffffffff")]
    [InlineData(13, DataType.UInt64, "0100000000000000ffffffffffffffff")]
    [InlineData(3, DataType.Int8, "807f")]
    [InlineData(5, DataType.Int16, "ffff0100")]
    [InlineData(6, DataType.Int32, "0000008002000000")]
    [InlineData(7, DataType.Int64, "ffffffffffffffffffffffffffffff7f")]
    [InlineData(10, DataType.Fp16, "003c00b8")]
    [InlineData(1, DataType.Fp32, "0000c07f000000bf")]   // NaN too
    [InlineData(11, DataType.Fp64, "000000000000f03f000000000000e0bf")]
    [InlineData(16, DataType.Bf16, "803f4940")]
    [InlineData(8, DataType.Bytes, "0000000003000000c3a90a")]
    public void Every_element_type_goes_through_unchanged(int onnx, DataType type, string bytes)
    {
        using var session = OnnxLibrary.Runtime.Open(OnnxModels.Identity(onnx, "n"));
        Assert.Equal(type, session.Signature.Inputs[0].Type);
        using var run = new OnnxRun(session);
        var store = Stored(type, [2], Convert.FromHexString(bytes));
        run.SetInput(0, type, [2], store[0].Data);
        run.Run([]);
        Assert.Equal(bytes, Convert.ToHexStringLower(run.Output(0, "y", new long[8]).Data));
        Assert.Equal([2], run.Output(0, "y", new long[8]).Shape.ToArray());

        run.SetInput(0, type, [0], default);   // no elements
        run.Run([]);
        Assert.Equal(0, run.Output(0, "y", new long[8]).Data.Length);
    }

    [Fact]
    public void A_model_computes()
    {
        using var session = OnnxLibrary.Runtime.Open(OnnxModels.Linear());
        using var run = new OnnxRun(session);
        var store = Stored(DataType.Fp32, [3, 2], MemoryMarshal.AsBytes<float>([1, 1, 0, 0, 10, -5]).ToArray());
        run.SetInput(0, DataType.Fp32, [3, 2], store[0].Data);
        run.Run([0]);
        Assert.Equal([1.3f, 1f, 1f], MemoryMarshal.Cast<byte, float>(run.Output(0, "y", new long[8]).Data).ToArray());
    }

    [Theory]
    [InlineData(false, "0 1")]
    [InlineData(true, "no yes")]
    public void A_sequence_of_maps_is_a_table(bool textLabels, string keys)
    {
        using var session = OnnxLibrary.Runtime.Open(OnnxModels.ZipMap(textLabels));
        Assert.Equal($"sequence(map({(textLabels ? "BYTES" : "INT64")}, FP32))", session.Signature.Outputs[0].Structure);
        using var run = new OnnxRun(session);
        var store = Stored(DataType.Fp32, [2, 2], MemoryMarshal.AsBytes<float>([0, 0, 100, 0]).ToArray());
        run.SetInput(0, DataType.Fp32, [2, 2], store[0].Data);
        run.Run([]);
        Assert.False(run.IsTensor(0));
        var maps = run.Maps(0);
        Assert.Equal((keys, 2), (string.Join(' ', maps.Keys), maps.Rows));
        // The last one is e^-100, which some processors make a denormal number and others 0.
        float[] values = [.. MemoryMarshal.Cast<byte, float>(maps.Values("p", new long[2]).Data).ToArray()];
        Assert.Equal([0.5f, 0.5f, 1, 0], values.Select(v => MathF.Round(v, 6)));
    }

    [Theory]
    [InlineData("sequence(map(INT64, FP32))", DataType.Fp32, true)]
    [InlineData("sequence(map(BYTES, FP64))", DataType.Fp64, true)]
    [InlineData("map(BYTES, INT64)", DataType.Int64, true)]
    [InlineData("sequence(map(INT64, BYTES))", DataType.Bytes, false)]
    [InlineData("sequence(map(INT32, FP32))", DataType.Fp32, false)]
    [InlineData("sequence(FP32)", DataType.Fp32, false)]
    [InlineData("sequence(sequence(map(INT64, FP32)))", DataType.Fp32, false)]
    [InlineData("map(INT64, map(INT64, FP32))", DataType.Fp32, false)]
    [InlineData(null, DataType.Fp32, false)]
    public void A_table_is_a_map_or_a_sequence_of_maps_to_numbers(string? structure, DataType values, bool isTable) =>
        Assert.Equal(isTable, OnnxMaps.Reads(new TensorSpec("y", values, [-1, -1], structure: structure)));

    [Fact]
    public async Task A_run_ends_soon_after_it_was_given_up()
    {
        using var session = OnnxLibrary.Runtime.Open(OnnxModels.Loop());
        using var run = new OnnxRun(session);
        var store = Stored(DataType.Int64, [], BitConverter.GetBytes(4_000_000_000L));   // minutes
        var running = Task.Run(() =>
        {
            run.SetInput(0, DataType.Int64, [], store[0].Data);
            return Assert.Throws<OnnxException>(() => run.Run([]));
        });
        await Task.WhenAny(running, Task.Delay(50));
        run.Terminate();
        Assert.Equal(OnnxFault.Cancelled, (await running.WaitAsync(TimeSpan.FromSeconds(10))).Fault);

        store = Stored(DataType.Int64, [], BitConverter.GetBytes(5L));
        run.Resume();
        run.SetInput(0, DataType.Int64, [], store[0].Data);
        run.Run([]);
        Assert.Equal(5, BitConverter.ToInt64(run.Output(0, "total", new long[8]).Data));
    }

    [Fact]
    public void Wrong_values_are_refused_by_name()
    {
        using var session = OnnxLibrary.Runtime.Open(OnnxModels.Linear());
        using var run = new OnnxRun(session);
        var store = Stored(DataType.Fp32, [1, 3], new byte[12]);
        run.SetInput(0, DataType.Fp32, [1, 3], store[0].Data);
        var refused = Assert.Throws<OnnxException>(() => run.Run([]));
        Assert.Equal(OnnxFault.BadInput, refused.Fault);
        Assert.Contains("x", refused.Message, StringComparison.Ordinal);
        var text = Encoding.ASCII.GetBytes("a\0b");
        using var texts = new OnnxRun(OnnxLibrary.Runtime.Open(OnnxModels.Identity(OnnxModels.Text, "n")));
        Assert.Equal(OnnxFault.BadInput, Assert.Throws<OnnxException>(() => texts.SetInput(0, DataType.Bytes, [1], [3, 0, 0, 0, .. text])).Fault);
    }

    [Fact]
    public void A_damaged_model_is_refused_at_every_cut_and_with_random_bytes_changed()
    {
        var model = OnnxModels.Linear(4, 3);
        var random = new Random(7);
        for (var cut = 0; cut < model.Length; cut += 3)
        {
            Refuses(model[..cut], $"cut at {cut}", mayLoad: false);
        }

        for (var i = 0; i < 200; i++)
        {
            var changed = model.ToArray();
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            Refuses(changed, $"seed 7, change {i}", mayLoad: true);
        }

        static void Refuses(byte[] bytes, string what, bool mayLoad)
        {
            try
            {
                _ = OnnxFile.Read(bytes);
                using var session = OnnxLibrary.Runtime.Open(bytes);
                Assert.True(mayLoad, what);
            }
            catch (OnnxException exception)
            {
                Assert.DoesNotContain("/", exception.Message.Replace("op/", "", StringComparison.Ordinal).Replace("function/op", "", StringComparison.Ordinal), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("/onnxruntime_src/onnxruntime/core/graph/model.cc:180 onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&) Unsupported model IR version: 99, max supported IR version: 13", "Unsupported model IR version: 99, max supported IR version: 13")]
    [InlineData("Load model from /tmp/secret place/m.onnx failed:Protobuf parsing failed.", "Protobuf parsing failed.")]
    [InlineData("Node (a/b) Op (Gemm) is wrong\nsecond line", "Node (a/b) Op (Gemm) is wrong")]
    public void Messages_hold_no_paths_and_no_source_places(string said, string shown) => Assert.Equal(shown, OnnxException.Clean(said));

    [Fact]
    public void Files_that_a_model_refers_to_are_found_everywhere_in_it()
    {
        var model = OnnxModels.Model(
            [OnnxModels.Node("Gemm", ["x", "w", "b"], ["y"])], [OnnxModels.Value("x", 1, "n", 2)], [OnnxModels.Value("y", 1, "n", 1)],
            [OnnxModels.External("w", [2, 1], "weights/w.bin"), OnnxModels.External("b", [1], "../../etc/passwd")]);
        Assert.Equal(["../../etc/passwd", "weights/w.bin"], OnnxFile.Read(model).ExternalFiles);
        Assert.Equal(15, OnnxFile.Read(model).Opsets["ai.onnx"]);
    }

    [Theory]
    [InlineData("w.bin", true)]
    [InlineData("data/w.bin", true)]
    [InlineData("../w.bin", false)]
    [InlineData("data/../../w.bin", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("C:\\w.bin", false)]
    [InlineData("", false)]
    public void External_data_stay_beside_the_model(string location, bool inside) => Assert.Equal(inside, OnnxFile.IsInside(location));

    private static TensorStore Stored(DataType type, long[] shape, byte[] data)
    {
        var store = new TensorStore();
        store.Add(new Tensor("x", type, shape, data));
        return store;
    }
}
