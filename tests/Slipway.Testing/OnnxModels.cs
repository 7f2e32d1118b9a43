using System.Globalization;
using System.Text;

namespace Slipway.Testing;

/// <summary>Small ONNX models for tests, written field by field (numbers as in onnx.proto3), so that no exporter is needed and anything can be wrong on purpose.</summary>
internal static class OnnxModels
{
    public const int Float = 1;
    public const int Int64 = 7;
    public const int Text = 8;
    public const int Bool = 9;

    /// <summary>y = x · weights + bias, rows of <paramref name="inputs"/> numbers to <paramref name="outputs"/>: Gemm with weights (i + 1) / 10 and bias 1.</summary>
    public static byte[] Linear(int inputs = 2, int outputs = 1) => Model(
        [Node("Gemm", ["x", "w", "b"], ["y"])],
        [Value("x", Float, "batch", inputs)], [Value("y", Float, "batch", outputs)],
        [Floats("w", [inputs, outputs], [.. Enumerable.Range(1, inputs * outputs).Select(i => i / 10f)]), Floats("b", [outputs], [.. Enumerable.Repeat(1f, outputs)])]);

    /// <summary>Gives what it gets; any element type.</summary>
    public static byte[] Identity(int type, params object[] shape) => Model([Node("Identity", ["x"], ["y"])], [Value("x", type, shape)], [Value("y", type, shape)]);

    /// <summary>y = one truth value as often as asked: a short request, an answer of any length.</summary>
    public static byte[] Expand() => Model([Node("Expand", ["x", "shape"], ["y"])], [Value("x", Bool, 1), Value("shape", Int64, 1)], [Value("y", Bool, "n")]);

    /// <summary>y = x, if these are two numbers; else the run fails.</summary>
    public static byte[] OnlyTwo() => Model([Node("Reshape", ["x", "two"], ["y"])], [Value("x", Float, "n")], [Value("y", Float, 2)], [Ints("two", [1], [2])]);

    /// <summary>A classifier as scikit-learn's exporters write one: a label, and a sequence of maps from label to probability.</summary>
    public static byte[] ZipMap(bool textLabels)
    {
        var classes = textLabels
            ? Attribute("classlabels_strings", 8, [.. Encoding.UTF8.GetBytes("no").Framed(9), .. Encoding.UTF8.GetBytes("yes").Framed(9)])
            : Attribute("classlabels_int64s", 7, [.. Varint(8, 0), .. Varint(8, 1)]);
        var key = textLabels ? Text : Int64;
        var map = Varint(1, (ulong)key).Concat(Tensor(Float).Framed(2)).ToArray();
        return Model(
            [Node("Softmax", ["x"], ["p"]), Node("ZipMap", ["p"], ["probabilities"], "ai.onnx.ml", classes)],
            [Value("x", Float, "N", 2)],
            [[.. "probabilities"u8.ToArray().Framed(1), .. map.Framed(5).Framed(1).Framed(4).Framed(2)]]);
    }

    /// <summary>Takes a sequence of tensors, and gives how many they are: nothing that a dialect can send.</summary>
    public static byte[] OfSequence() => Model(
        [Node("SequenceLength", ["x"], ["y"])], [[.. "x"u8.ToArray().Framed(1), .. Tensor(Float, "n").Framed(1).Framed(4).Framed(2)]], [Value("y", Int64)]);

    /// <summary>Gives a sequence of tensors, a row each: nothing that a dialect can answer.</summary>
    public static byte[] ToSequence() => Model(
        [Node("SplitToSequence", ["x"], ["parts"])], [Value("x", Float, "n", 2)], [[.. "parts"u8.ToArray().Framed(1), .. Tensor(Float, 1, 2).Framed(1).Framed(4).Framed(2)]]);

    /// <summary>Takes a map from text to number, as scikit-learn's DictVectorizer is exported.</summary>
    public static byte[] OfMap()
    {
        var map = Varint(1, Text).Concat(Tensor(Float).Framed(2)).ToArray();
        var words = Attribute("string_vocabulary", 8, [.. "a"u8.ToArray().Framed(9), .. "b"u8.ToArray().Framed(9)]);
        return Model([Node("DictVectorizer", ["x"], ["y"], "ai.onnx.ml", words)], [[.. "x"u8.ToArray().Framed(1), .. map.Framed(5).Framed(2)]], [Value("y", Float, 1, 2)]);
    }

    /// <summary>Counts to <paramref name="steps"/> in a loop, one operator a step: takes as long as asked.</summary>
    public static byte[] Loop()
    {
        byte[] body =
        [
            .. Node("Identity", ["cond"], ["cond_out"]).Framed(1), .. Node("Add", ["sum", "one"], ["sum_out"]).Framed(1), .. "body"u8.ToArray().Framed(2),
            .. Value("i", Int64).Framed(11), .. Value("cond", 9).Framed(11), .. Value("sum", Int64).Framed(11),
            .. Value("cond_out", 9).Framed(12), .. Value("sum_out", Int64).Framed(12),
        ];
        return Model(
            [Node("Loop", ["steps", "", "zero"], ["total"], "", Attribute("body", 5, body.Framed(6)))],
            [Value("steps", Int64)], [Value("total", Int64)], [Ints("one", [], [1]), Ints("zero", [], [0])]);
    }

    /// <param name="opset">Of ai.onnx.</param>
    public static byte[] Model(byte[][] nodes, byte[][] inputs, byte[][] outputs, byte[][]? weights = null, long ir = 8, long opset = 15, params (string Key, string Value)[] metadata)
    {
        byte[] graph =
        [
            .. nodes.SelectMany(n => n.Framed(1)), .. "graph"u8.ToArray().Framed(2), .. (weights ?? []).SelectMany(w => w.Framed(5)),
            .. inputs.SelectMany(i => i.Framed(11)), .. outputs.SelectMany(o => o.Framed(12)),
        ];
        return
        [
            .. Varint(1, (ulong)ir), .. "slipway-tests"u8.ToArray().Framed(2), .. graph.Framed(7),
            .. Varint(2, (ulong)opset).Framed(8), .. ((byte[])[.. "ai.onnx.ml"u8.ToArray().Framed(1), .. Varint(2, 2)]).Framed(8), .. metadata.SelectMany(Pair),
        ];

        static byte[] Pair((string Key, string Value) pair) => ((byte[])[.. Encoding.UTF8.GetBytes(pair.Key).Framed(1), .. Encoding.UTF8.GetBytes(pair.Value).Framed(2)]).Framed(14);
    }

    public static byte[] Node(string op, string[] inputs, string[] outputs, string domain = "", params byte[][] attributes) =>
    [
        .. inputs.SelectMany(i => Encoding.UTF8.GetBytes(i).Framed(1)), .. outputs.SelectMany(o => Encoding.UTF8.GetBytes(o).Framed(2)),
        .. Encoding.UTF8.GetBytes(op).Framed(4), .. attributes.SelectMany(a => a.Framed(5)), .. domain.Length > 0 ? Encoding.UTF8.GetBytes(domain).Framed(7) : [],
    ];

    /// <param name="shape">Numbers, and names of free dimensions.</param>
    public static byte[] Value(string name, int type, params object[] shape) => [.. Encoding.UTF8.GetBytes(name).Framed(1), .. Tensor(type, shape).Framed(2)];

    public static byte[] Floats(string name, int[] shape, float[] values) => Weights(name, Float, shape, [.. values.SelectMany(BitConverter.GetBytes)]);

    public static byte[] Ints(string name, int[] shape, long[] values) => Weights(name, Int64, shape, [.. values.SelectMany(BitConverter.GetBytes)]);

    /// <summary>A weight whose numbers lie in another file.</summary>
    /// <param name="offset">Bytes of that file before the first number.</param>
    public static byte[] External(string name, int[] shape, string location, long offset = 0) =>
    [
        .. shape.SelectMany(s => Varint(1, (ulong)s)), .. Varint(2, Float), .. Encoding.UTF8.GetBytes(name).Framed(8),
        .. Entry("location", location), .. offset == 0 ? [] : Entry("offset", offset.ToString(CultureInfo.InvariantCulture)), .. Varint(14, 1),
    ];

    private static byte[] Entry(string key, string value) => ((byte[])[.. Encoding.UTF8.GetBytes(key).Framed(1), .. Encoding.UTF8.GetBytes(value).Framed(2)]).Framed(13);

    public static byte[] Varint(int field, ulong value)
    {
        var bytes = new List<byte>();
        Add(bytes, (ulong)(field << 3));
        Add(bytes, value);
        return [.. bytes];
    }

    /// <summary>As the content of a length-delimited field.</summary>
    public static byte[] Framed(this byte[] content, int field)
    {
        var bytes = new List<byte>();
        Add(bytes, (ulong)((field << 3) | 2));
        Add(bytes, (ulong)content.Length);
        bytes.AddRange(content);
        return [.. bytes];
    }

    /// <param name="kind">AttributeProto.AttributeType.</param>
    private static byte[] Attribute(string name, int kind, byte[] content) => [.. Encoding.UTF8.GetBytes(name).Framed(1), .. content, .. Varint(20, (ulong)kind)];

    private static byte[] Weights(string name, int type, int[] shape, byte[] raw) =>
        [.. shape.SelectMany(s => Varint(1, (ulong)s)), .. Varint(2, (ulong)type), .. Encoding.UTF8.GetBytes(name).Framed(8), .. raw.Framed(9)];

    private static byte[] Tensor(int type, params object[] shape)
    {
        var dimensions = shape.SelectMany(s => (s is int size ? Varint(1, (ulong)size) : Encoding.UTF8.GetBytes((string)s).Framed(2)).Framed(1)).ToArray();
        return ((byte[])[.. Varint(1, (ulong)type), .. dimensions.Framed(2)]).Framed(1);
    }

    private static void Add(List<byte> bytes, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
    }
}
