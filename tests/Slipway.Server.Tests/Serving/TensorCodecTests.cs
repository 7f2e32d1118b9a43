using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Slipway.Serving.Tensors;

namespace Slipway.Server.Tests.Serving;

/// <summary>Tensors in the Open Inference Protocol's JSON and binary forms, and in the plain form of the predict routes.</summary>
public sealed class TensorCodecTests
{
    private static readonly ModelSignature Pairs = new(
        [new TensorSpec("x", DataType.Fp32, [-1, 2], ["batch", null])], [new TensorSpec("y", DataType.Fp32, [-1, 1]), new TensorSpec("label", DataType.Int64, [-1])]);

    private readonly InferRequest request = new();

    [Theory]
    [InlineData("[1, 2, 3, 4]")]                       // flat
    [InlineData("[[1, 2], [3, 4]]")]                   // nested
    [InlineData("[[1.0, 2e0], [0.3e1, 40e-1]]")]       // other ways to write the same numbers
    public void Data_may_be_flat_or_nested(string data)
    {
        Assert.Null(Read($$"""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2], "data": {{data}}}]}"""));
        Assert.Equal([2, 2], request.Inputs[0].Shape.ToArray());
        Assert.Equal([1, 2, 3, 4], MemoryMarshal.Cast<byte, float>(request.Inputs[0].Data).ToArray());
    }

    [Fact]
    public void The_members_of_an_input_may_come_in_any_order()
    {
        Assert.Null(Read("""{"outputs": [{"name": "y"}], "inputs": [{"data": [[1, 2]], "parameters": {"z": 1}, "shape": [1, 2], "datatype": "FP32", "name": "x"}], "id": "a-1"}"""));
        Assert.Equal([1, 2], MemoryMarshal.Cast<byte, float>(request.Inputs[0].Data).ToArray());
        Assert.Equal("a-1", request.Id);
        Assert.Equal(new RequestedOutput(0, "y", null), Assert.Single(request.Outputs));
    }

    [Theory]
    [InlineData("BOOL", "[true, false]", "0100")]
    [InlineData("UINT8", "[0, 255]", "00ff")]
    [InlineData("UINT16", "[1, 65535]", "0100ffff")]
    [InlineData("UINT32", "[1, 4294967295]", "01000000ffffffff")]
    [InlineData("UINT64", "[1, 18446744073709551615]", "0100000000000000ffffffffffffffff")]
    [InlineData("INT8", "[-128, 127]", "807f")]
    [InlineData("INT16", "[-1, 1]", "ffff0100")]
    [InlineData("INT32", "[-2147483648, 2]", "0000008002000000")]
    [InlineData("INT64", "[-1, 9223372036854775807]", "ffffffffffffffffffffffffffffff7f")]
    [InlineData("FP16", "[1, -0.5]", "003c00b8")]
    [InlineData("BF16", "[1, 3.140625]", "803f4940")]
    [InlineData("FP32", "[1, -0.5]", "0000803f000000bf")]
    [InlineData("FP64", "[1, -0.5]", "000000000000f03f000000000000e0bf")]
    [InlineData("BYTES", "[\"a\", \"\\u00e9\\n\"]", "010000006103000000c3a90a")]
    public void Every_datatype_is_read_and_written_as_it_was(string datatype, string data, string bytes)
    {
        Assert.Null(OpenInferenceReader.Read(Utf8($$"""{"inputs": [{"name": "x", "datatype": "{{datatype}}", "shape": [2], "data": {{data}}}]}"""), null, null, request));
        Assert.Equal(bytes, Convert.ToHexStringLower(request.Inputs[0].Data));

        using var json = JsonDocument.Parse(Answer(isBinary: false, out _));
        Assert.Equal(JsonSerializer.Serialize(JsonDocument.Parse(data)), JsonSerializer.Serialize(json.RootElement.GetProperty("outputs")[0].GetProperty("data")));

        var binary = Answer(isBinary: true, out var jsonLength);
        Assert.Equal(bytes, Convert.ToHexStringLower(binary.Span[jsonLength!.Value..]));
    }

    [Theory]
    [InlineData("""{"inputs": [{"name": "z", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}""", "unknown_input", "x FP32 [batch, 2]")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 2], "data": [1, 2]}]}""", "datatype_mismatch", "FP32")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FLOAT", "shape": [1, 2], "data": [1, 2]}]}""", "datatype_mismatch", "BF16")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}]}""", "shape_mismatch", "[batch, 2]")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}]}""", "shape_mismatch", "[batch, 2]")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, 3]}]}""", "data_mismatch", "4 elements")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2, 3]}]}""", "data_mismatch", "2 elements")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [[1, 2, 3], [4]]}]}""", "data_mismatch", "2 are expected")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [[1, 2], 3, 4]}]}""", "data_mismatch", "nested")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [[[1, 2]]]}]}""", "data_mismatch", "deeper")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": ["1", 2]}]}""", "data_mismatch", "a text")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [null, 2]}]}""", "data_mismatch", "null")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1e39, 2]}]}""", "data_mismatch", "does not fit FP32")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2], "data": [1, 2]}]}""", "malformed_request", "shape")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2147483648, 2], "data": [1, 2]}]}""", "data_mismatch", "more elements")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [4611686018427387904, 2], "data": [1, 2]}]}""", "tensor_too_large", "too many")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2]}]}""", "malformed_request", "neither data nor")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}]}""", "data_mismatch", "8")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "data": [1, 2]}]}""", "malformed_request", "no shape")]
    [InlineData("""{"inputs": []}""", "missing_input", "x FP32 [batch, 2]")]
    [InlineData("""{"inputs": {}}""", "malformed_request", "list")]
    [InlineData("""{"id": 7, "inputs": []}""", "malformed_request", "id")]
    [InlineData("""{}""", "malformed_request", "inputs")]
    [InlineData("""[]""", "malformed_request", "object")]
    [InlineData("", "malformed_json", "")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, NaN]}]}""", "malformed_json", "line 1")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]} 1""", "malformed_json", "")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2], "data": [1, 2]}]}""", "malformed_request", "twice")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}, {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}""", "malformed_request", "twice")]
    [InlineData("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}], "outputs": [{"name": "w"}]}""", "unknown_output", "label INT64")]
    [InlineData("""{"inputs": [{"name": "\ud800", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}""", "malformed_json", "Unicode")]
    public void What_the_model_does_not_take_is_refused_and_the_refusal_says_what_it_takes(string body, string code, string says)
    {
        var error = Read(body);
        Assert.NotNull(error);
        Assert.Equal((code, 400), (error.Code, error.Status));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_without_elements_is_a_tensor()
    {
        Assert.Null(Read("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [0, 2], "data": []}]}"""));
        Assert.Equal([0, 2], request.Inputs[0].Shape.ToArray());
        Assert.Equal(0, request.Inputs[0].Data.Length);
    }

    [Fact]
    public void Binary_tensors_follow_the_JSON_in_the_order_of_the_inputs()
    {
        var two = new ModelSignature([new TensorSpec("a", DataType.Int32, [2]), new TensorSpec("t", DataType.Bytes, [-1])], []);
        var json = """{"inputs":[{"name":"t","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":9}},{"name":"a","datatype":"INT32","shape":[2],"parameters":{"binary_data_size":8}}]}""";
        byte[] body = [.. Encoding.UTF8.GetBytes(json), 1, 0, 0, 0, 255, 0, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0];
        Assert.Null(OpenInferenceReader.Read(body, json.Length, two, request));
        Assert.Equal("01000000ff00000000", Convert.ToHexStringLower(request.Inputs[request.Inputs.Find("t")].Data));
        Assert.Equal([7, 8], MemoryMarshal.Cast<byte, int>(request.Inputs[request.Inputs.Find("a")].Data).ToArray());

        Assert.Equal("data_mismatch", OpenInferenceReader.Read(body.AsSpan(0, body.Length - 1), json.Length, two, request)!.Code);   // one byte is missing
        Assert.Equal("data_mismatch", OpenInferenceReader.Read([.. body, 0], json.Length, two, request)!.Code);                       // one is left over
        Assert.Equal("malformed_request", OpenInferenceReader.Read(body, body.Length + 1, two, request)!.Code);                       // the header says more than there is
        body[json.Length] = 200;                                                                                                      // a length behind the end
        Assert.Equal("data_mismatch", OpenInferenceReader.Read(body, json.Length, two, request)!.Code);
    }

    [Fact]
    public void NaN_travels_in_binary_and_is_a_bad_answer_in_JSON()
    {
        var writer = new OpenInferenceWriter();
        var bytes = BitConverter.GetBytes(float.NaN);
        writer.Begin("m", "1", null);
        var error = writer.Output(new Tensor("y", DataType.Fp32, [1], bytes), isBinary: false);
        Assert.Equal(("bad_answer", 502), (error!.Code, error.Status));
        writer.Begin("m", "1", null);
        Assert.Null(writer.Output(new Tensor("y", DataType.Fp32, [1], bytes), isBinary: true));
        Assert.Equal(bytes, writer.End(out var length).Span[length!.Value..].ToArray());
    }

    [Fact]
    public void An_answer_grows_to_its_limit_and_no_further_and_the_writer_goes_on()
    {
        var limit = new AnswerLimit(20_000, "Too long.");
        var (open, plain) = (new OpenInferenceWriter(limit), new PlainJsonWriter(limit));
        var wide = MemoryMarshal.AsBytes<long>(Enumerable.Repeat(-1_000_000_000L, 2_000).ToArray()).ToArray();   // might fit, by their number; do not, once written
        foreach (var (bytes, fits) in new[] { (wide, false), (wide[..8_000], true), (wide, false), (wide[..8], true) })
        {
            open.Begin("m", null, null);
            plain.Begin();
            foreach (var error in new[] { open.Output(Numbers(bytes), isBinary: false), plain.Output(Numbers(bytes)) })
            {
                Assert.Equal(fits ? null : new TensorError("model_error", "Too long."), error);
            }

            if (fits)
            {
                Assert.Equal(bytes.Length / 8, JsonDocument.Parse(plain.End()).RootElement.GetProperty("y").GetArrayLength());
                Assert.Equal(bytes.Length / 8, JsonDocument.Parse(open.End(out _)).RootElement.GetProperty("outputs")[0].GetProperty("data").GetArrayLength());
            }
        }

        open.Begin("m", null, null);
        Assert.Null(open.Output(Numbers(wide), isBinary: true));
        Assert.Equal(502, open.Output(Numbers(wide), isBinary: true)!.Status);   // one fits, two do not

        var truths = new byte[2_000_000];
        var before = GC.GetAllocatedBytesForCurrentThread();
        plain.Begin();
        Assert.Equal("Too long.", plain.Output(new Tensor("y", DataType.Bool, [truths.Length], truths))!.Message);
        plain = new PlainJsonWriter(new AnswerLimit(9_999_998, "Too long."));   // one byte less than they need
        plain.Begin();
        Assert.Equal("Too long.", plain.Output(new Tensor("y", DataType.Bool, [truths.Length], truths))!.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);   // refused before it was written

        static Tensor Numbers(byte[] bytes) => new("y", DataType.Int64, new long[] { bytes.Length / 8 }, bytes);
    }

    [Fact]
    public void The_answer_has_name_version_and_id()
    {
        var writer = new OpenInferenceWriter();
        writer.Begin("iris", "3", "a\"1");
        Assert.Null(writer.Output(new Tensor("y", DataType.Int64, [1, 2], MemoryMarshal.AsBytes<long>([5, -6])), isBinary: false));
        Assert.Equal(
            """{"model_name":"iris","model_version":"3","id":"a\"1","outputs":[{"name":"y","datatype":"INT64","shape":[1,2],"data":[5,-6]}]}""",
            Encoding.UTF8.GetString(writer.End(out var length).Span));
        Assert.Null(length);
    }

    [Theory]
    [InlineData("""{"inputs": {"x": [[1, 2], [3, 4]]}}""", 2)]
    [InlineData("""{"inputs": [[1, 2]]}""", 1)]
    [InlineData("[[1, 2], [3, 4], [5, 6]]", 3)]
    [InlineData("[1, 2]", 1)]   // one row
    public void The_plain_form_is_named_nested_lists_or_just_the_list(string body, long rows)
    {
        Assert.Null(PlainJson.Read(Utf8(body), Pairs, request));
        Assert.Equal([rows, 2], request.Inputs[0].Shape.ToArray());
        Assert.Equal([1, 2], MemoryMarshal.Cast<byte, float>(request.Inputs[0].Data)[..2].ToArray());
    }

    [Theory]
    [InlineData("[[1, 2], [3]]", "data_mismatch")]
    [InlineData("[[1, 2, 3]]", "shape_mismatch")]
    [InlineData("[]", "shape_mismatch")]
    [InlineData("[[[1, 2]]]", "shape_mismatch")]
    [InlineData("1", "shape_mismatch")]
    [InlineData("null", "shape_mismatch")]
    [InlineData("{}", "malformed_request")]
    [InlineData("""{"inputs": {}}""", "missing_input")]
    [InlineData("""{"inputs": {"z": [1]}}""", "unknown_input")]
    [InlineData("""{"inputs": [[1, 2]], "more": 1}""", "malformed_request")]
    [InlineData("""{"inputs": [[1, 2]], "outputs": ["q"]}""", "unknown_output")]
    [InlineData("[[1, \"2\"]]", "data_mismatch")]
    public void The_plain_form_is_refused_alike(string body, string code) => Assert.Equal(code, PlainJson.Read(Utf8(body), Pairs, request)?.Code);

    [Fact]
    public void A_plain_answer_is_nested_lists_by_name()
    {
        var writer = new PlainJsonWriter();
        writer.Begin();
        Assert.Null(writer.Output(new Tensor("y", DataType.Fp32, [2, 1, 2], MemoryMarshal.AsBytes<float>([1, 2.5f, 3, 0.1f]))));
        Assert.Null(writer.Output(new Tensor("s", DataType.Bool, [], [1])));
        Assert.Null(writer.Maps("p", ["no", "yes"], new Tensor("p", DataType.Fp32, [1, 2], MemoryMarshal.AsBytes<float>([0.25f, 0.75f]))));
        Assert.Equal("""{"y":[[[1,2.5]],[[3,0.1]]],"s":true,"p":[{"no":0.25,"yes":0.75}]}""", Encoding.UTF8.GetString(writer.End().Span));
    }

    [Fact]
    public void Numbers_are_rounded_once()
    {
        var random = new Random(20261122);
        for (var i = 0; i < 20_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64());
            var text = (i % 4) switch
            {
                0 => value.ToString("R", CultureInfo.InvariantCulture),
                1 => ((float)random.NextDouble()).ToString("R", CultureInfo.InvariantCulture),
                2 => (random.Next(-100_000, 100_000) / 1000.0).ToString("F" + random.Next(0, 12).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
                _ => Midpoint(random),
            };
            if (!double.IsFinite(value) && i % 4 == 0)
            {
                continue;
            }

            var single = float.Parse(text, CultureInfo.InvariantCulture);
            Assert.Equal(float.IsFinite(single), JsonNumbers.TryReadSingle(Encoding.ASCII.GetBytes(text), out var read));
            Assert.True(!float.IsFinite(single) || single.Equals(read), text);
            Assert.True(JsonNumbers.TryReadDouble(Encoding.ASCII.GetBytes(text), out var wide) && wide.Equals(double.Parse(text, CultureInfo.InvariantCulture)), text);
        }

        // Just above and below the middle of two floats: rounding twice would go wrong.
        static string Midpoint(Random random) => ((1 << 24) + (2 * random.Next(1 << 20)) + 1).ToString(CultureInfo.InvariantCulture) + random.Next(3) switch { 0 => ".0000001", 1 => "", _ => ".5" };
    }

    [Fact]
    public void A_request_that_is_refused_for_its_shape_reserves_nothing_for_it()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("data_mismatch", Read("""{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1000000000, 2], "data": [1, 2]}]}""")!.Code);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private TensorError? Read(string body) => OpenInferenceReader.Read(Utf8(body), null, Pairs, request);

    private ReadOnlyMemory<byte> Answer(bool isBinary, out int? jsonLength)
    {
        var writer = new OpenInferenceWriter();
        writer.Begin("m", null, null);
        Assert.Null(writer.Output(request.Inputs[0], isBinary));
        return writer.End(out jsonLength);
    }
}
