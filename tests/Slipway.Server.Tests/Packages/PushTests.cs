using System.Net;
using Slipway.Contracts;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Packages;

public sealed class PushTests
{
    private const string Model = "class Model:\n    def load(self):\n        import json\n    def predict(self, model_input):\n        return model_input\n";

    [Fact]
    public async Task A_truss_folder_is_taken_with_its_fields_and_the_unknown_ones_are_reported()
    {
        await using var server = await TestServer.StartAsync();
        const string config = """
            model_name: echo
            description: says it again   # to whoever asks
            requirements: [numpy==1.24.2]
            resources: {cpu: "500m", memory: 2Gi, use_gpu: false, accelerator: A10G}
            colour: blue
            runtime: {predict_concurrency: 4}
            batch: yes
            model_metadata:
              example_model_input: {"x": [1, 2.5, null]}
            """;

        var version = await server.Client.PushedAsync("echo", ("config.yaml", config), ("model/model.py", Model));

        Assert.Equal(("truss", "python", true, 1, "ready", "None"), (version.Detected, version.Runtime, version.Runnable, version.Version, version.Status, version.Stage));
        Assert.Equal(config, version.ConfigText);
        Assert.Equal(["numpy==1.24.2"], version.Requirements);
        Assert.Equal("""{"x":[1,2.5,null]}""", version.ExampleInput!.Value.GetRawText());
        Assert.Equal("resources.accelerator", Assert.Single(version.Warnings, w => w.StartsWith("resources", StringComparison.Ordinal)).Split(' ')[0]);
        Assert.Contains(version.Warnings, w => w.StartsWith("colour is not a field known here", StringComparison.Ordinal));
        Assert.Equal(2, version.Files.Count);
    }

    [Theory]
    [InlineData("truss", true, "model/model.py", Model)]
    [InlineData("python_file", true, "score.py", "def predict(x):\n    return x\n")]
    [InlineData("estimator", true, "churn.joblib", "never read")]
    [InlineData("unknown", false, "readme.md", "x")]
    [InlineData("unknown", false, "iris/model/model.py", Model)]
    public async Task A_package_is_taken_for_what_its_content_says(string detected, bool runnable, string path, string content)
    {
        await using var server = await TestServer.StartAsync();
        var version = await server.Client.PushedAsync("m", (path, content));
        Assert.Equal((detected, runnable), (version.Detected, version.Runnable));
        Assert.Equal(runnable, version.NotRunnableReason is null);
    }

    [Fact]
    public async Task An_MLflow_folder_keeps_its_signature_and_input_example()
    {
        const string file = """
            artifact_path: model
            flavors: {sklearn: {pickled_model: model.pkl}}
            mlflow_version: 2.9.2
            signature:
              inputs: '[{"type": "double", "name": "age", "required": true}, {"type": "string", "name": "city", "required": true}]'
              outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 3]}}]'
              params: null
            """;
        await using var server = await TestServer.StartAsync();
        var version = await server.Client.PushedAsync("m", ("MLmodel", file), ("model.pkl", "never read"), ("input_example.json", """{"columns":["age","city"],"data":[[41,"Ulm"]]}"""));
        Assert.Equal([("age", "FP64", -1L), ("city", "BYTES", -1L)], version.Signature!.Inputs.Select(t => (t.Name, t.Datatype, Assert.Single(t.Shape))));
        var output = Assert.Single(version.Signature.Outputs);
        Assert.Equal(("output", "INT64", "MLflow", "2.9.2"), (output.Name, output.Datatype, version.Signature.Producer, version.Signature.ProducerVersion));
        Assert.Equal([-1, 3], output.Shape);
        Assert.Equal("""[[41,"Ulm"]]""", version.ExampleInput!.Value.GetProperty("data").GetRawText());

        var odd = await server.Client.PushedAsync("m", ("MLmodel", "signature: {inputs: '[3]'}"), ("model.pkl", "never read"));
        Assert.Null(odd.Signature);
        Assert.Contains("The signature in MLmodel was not read", Assert.Single(odd.Warnings, w => w.Contains("MLmodel", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    /// <summary>Code, how the sentence begins, config.yaml, model/model.py.</summary>
    private static readonly (string Code, string Where, string Config, string? Model)[] Bad =
    [
        ("bad_config", "config.yaml, line 2", "a: 1\n b: [", Model),
        ("bad_config", "config.yaml, line 2", "a: 1\na: 2", Model),
        ("bad_config", "config.yaml, line 1", "requirements: numpy", Model),
        ("bad_config", "config.yaml, line 1", "- a list", Model),
        ("bad_config", "config.yaml, line 2: the field resources.cpu is a number of cores", "resources:\n  cpu: plenty", Model),
        ("bad_config", "config.yaml, line 2: the field resources.memory is an amount", "resources:\n  memory: 1Mi", Model),
        ("bad_config", "config.yaml, line 1: the field resources is a mapping", "resources: large", Model),
        ("bad_config", "config.yaml, line 1: the field signature is a mapping", "signature: 5", Model),
        ("bad_config", "config.yaml, line 1: the field signature has at least one entry in inputs", "signature: {outputs: []}", Model),
        ("bad_config", "config.yaml, line 1: the field signature holds something else than tensors", "signature: {inputs: [{name: x, datatype: FLOAT, shape: [1]}]}", Model),
        ("bad_config", "config.yaml, line 1: the field signature has a shape that is not sizes", "signature: {inputs: [{name: x, datatype: FP32, shape: [-2]}]}", Model),
        ("bad_config", "config.yaml, line 1: the field signature has a name twice in inputs", "signature: {inputs: [{name: x, datatype: FP32, shape: [1]}, {name: x, datatype: FP32, shape: [1]}]}", Model),
        ("bad_config", "config.yaml", "a: !!python/object/apply:os.system [id]", Model),
        ("missing_model_class", "model/model.py", "a: 1", "class Other:\n    pass\n"),
        ("missing_predict", "model/model.py", "a: 1", "class Model:\n    pass\n"),
        ("syntax_error", "model/model.py, line 2", "a: 1", "class Model:\n    def predict(self, x)\n        return x\n"),
        ("missing_model_file", "model/model.py", "a: 1", null),
        ("bad_requirements", "reqs.txt", "requirements_file: reqs.txt", Model),
    ];

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_bad_package_is_refused_with_file_line_and_reason_and_leaves_nothing(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.RegisterAsync("bad");
        var before = await Traces.OfAsync(server);
        foreach (var (code, where, config, model) in Bad)
        {
            var response = await server.Client.PushAsync("bad", null, model is null ? [("config.yaml", config)] : [("config.yaml", config), ("model/model.py", model)]);

            var problem = await response.ShouldRefuseAsync(400, code);
            Assert.StartsWith(where, problem.Detail);
            Assert.Equal(before, await Traces.OfAsync(server));
        }
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_and_leaves_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.RegisterAsync("dry");
        var before = await Traces.OfAsync(server);

        var response = await server.Client.PushAsync("dry", new CreateVersionRequest("", DryRun: true), ("model/model.py", Model));

        Assert.Equal("truss", (await response.ShouldBeAsync(HttpStatusCode.OK, ContractsJson.Default.ModelVersionInfo)).Detected);
        Assert.Equal(before, await Traces.OfAsync(server));
    }
}
