using System.Runtime.InteropServices;
using System.Text;
using Slipway.Serving.Tensors;

namespace Slipway.Server.Tests.Serving;

/// <summary>MLflow's scoring bodies as an ONNX model sees them.</summary>
public sealed class MLflowJsonTests
{
    private static readonly ModelSignature Matrix = new([new TensorSpec("x", DataType.Fp32, [-1, 2])], []);
    private static readonly ModelSignature Columns = new([new TensorSpec("age", DataType.Int64, [-1, 1]), new TensorSpec("fare", DataType.Int64, [-1])], []);

    [Theory]
    [InlineData("""{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}}""", true)]
    [InlineData("""{"dataframe_split": {"index": [0, 1], "data": [[1, 2], [3, 4]]}, "params": {"x": 1}}""", true)]
    [InlineData("""{"dataframe_records": [{"a": 1, "b": 2}, {"b": 4, "a": 3}]}""", true)]
    [InlineData("""{"instances": [[1, 2], [3, 4]]}""", true)]
    [InlineData("""{"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}""", true)]
    [InlineData("""{"inputs": [[1, 2], [3, 4]]}""", true)]
    [InlineData("""{"inputs": {"a": [1, 3], "b": [2, 4]}}""", true)]
    [InlineData("""{"inputs": {"x": [[1, 2], [3, 4]]}, "params": {}}""", true)]
    [InlineData("[[1, 2], [3, 4]]", false)] // a bare list is the plain form, and answered so
    public void Rows_reach_the_models_one_input(string body, bool isScoring)
    {
        var request = new InferRequest();
        Assert.Null(MLflowJson.Read(Encoding.UTF8.GetBytes(body), Matrix, request));
        Assert.Equal(isScoring, request.IsScoring);
        var tensor = request.Inputs[0];
        Assert.Equal([2, 2], tensor.Shape.ToArray());
        Assert.Equal([1f, 2, 3, 4], MemoryMarshal.Cast<byte, float>(tensor.Data).ToArray());
    }

    [Theory]
    [InlineData("""{"dataframe_split": {"columns": ["fare", "age"], "data": [[7, 1], [8, 2]]}}""")]
    [InlineData("""{"dataframe_records": [{"age": 1, "fare": 7}, {"age": 2, "fare": 8}]}""")]
    [InlineData("""{"inputs": {"age": [[1], [2]], "fare": [7, 8]}}""")]
    public void Columns_reach_the_inputs_of_their_names(string body)
    {
        var request = new InferRequest();
        Assert.Null(MLflowJson.Read(Encoding.UTF8.GetBytes(body), Columns, request));
        var age = request.Inputs[request.Inputs.Find("age")];
        Assert.Equal([2, 1], age.Shape.ToArray());
        Assert.Equal([1L, 2], MemoryMarshal.Cast<byte, long>(age.Data).ToArray());
        Assert.Equal([7L, 8], MemoryMarshal.Cast<byte, long>(request.Inputs[request.Inputs.Find("fare")].Data).ToArray());
    }

    [Theory]
    [InlineData("{", "malformed_json")]
    [InlineData("", "malformed_json")]
    [InlineData("""{"inputs": [[1, 2]], "instances": [[1, 2]]}""", "malformed_request")]
    [InlineData("""{"dataframe_split": 1}""", "malformed_request")]
    [InlineData("""{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}""", "malformed_request")]
    [InlineData("""{"dataframe_split": {"columns": ["a"], "data": [1]}}""", "malformed_request")]
    [InlineData("""{"dataframe_records": []}""", "malformed_request")]
    [InlineData("""{"dataframe_records": [{"a": 1, "b": 2}, {"a": 1}]}""", "malformed_request")]
    [InlineData("""{"dataframe_records": [{"a": 1}, 2]}""", "malformed_request")]
    [InlineData("""{"dataframe_records": [{"a": 1, "b": 2, "c": 3}]}""", "shape_mismatch")]
    [InlineData("""{"instances": 5}""", "shape_mismatch")]
    [InlineData("""{"inputs": {"a": [1], "b": [1, 2]}}""", "malformed_request")]
    [InlineData("""{"inputs": {}}""", "malformed_request")]
    [InlineData("""{"instances": [["a", "b"]]}""", "data_mismatch")]
    [InlineData("""{"instances": [{"\ud800": 1}]}""", "malformed_json")]
    [InlineData("""{"inputs": {"x": [[1, 2]], "y": 1}}""", "unknown_input")]
    public void What_does_not_fit_is_refused(string body, string code) =>
        Assert.Equal(code, MLflowJson.Read(Encoding.UTF8.GetBytes(body), Matrix, new InferRequest())?.Code);

    [Fact]
    public void Columns_of_other_names_are_refused_where_there_are_several_inputs() =>
        Assert.Equal("unknown_input", MLflowJson.Read("""{"dataframe_records": [{"a": 1, "b": 2}]}"""u8, Columns, new InferRequest())?.Code);
}
