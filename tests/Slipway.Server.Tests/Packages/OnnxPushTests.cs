using System.Net;
using System.Net.Http.Json;
using Slipway.Contracts;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Packages;

/// <summary>ONNX files at registration: what they are, and what hostile ones do (nothing).</summary>
public sealed class OnnxPushTests
{
    public OnnxPushTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    [Fact]
    public async Task A_bare_file_is_taken_with_its_signature()
    {
        await using var server = await TestServer.StartAsync();
        var model = OnnxModels.Model(
            [OnnxModels.Node("Identity", ["x"], ["y"])], [OnnxModels.Value("x", 11, "rows", 3)], [OnnxModels.Value("y", 11, "rows", 3)], metadata: ("trained on", "nothing"));
        var version = await TakenAsync(server, ("model.onnx", model));

        Assert.Equal(("onnx", "onnx", true), (version.Detected, version.Runtime, version.Runnable));
        var input = Assert.Single(version.Signature!.Inputs);
        Assert.Equal(("x", "FP64", "-1 3", "rows "), (input.Name, input.Datatype, string.Join(' ', input.Shape), string.Join(' ', input.Dimensions)));
        Assert.Equal(("slipway-tests", 8L, 15L, "nothing"), (version.Signature.Producer, version.Signature.IrVersion, version.Signature.Opsets["ai.onnx"], version.Signature.Metadata["trained on"]));
        var read = await server.Client.GetAsync<ModelVersionInfo>($"/api/v1/models/m/versions/{version.Version}");
        Assert.Equal("FP64", read.Signature!.Outputs[0].Datatype);
    }

    [Fact]
    public async Task External_data_beside_the_model_are_taken_and_outside_of_it_refused()
    {
        await using var server = await TestServer.StartAsync();
        var version = await TakenAsync(server, ("m/model.onnx", WithData("w.bin")), ("m/w.bin", new byte[8]), ("config.yaml", "runtime: onnx\n"u8.ToArray()));
        Assert.True(version.Runnable);

        foreach (var location in new[] { "../w.bin", "/etc/passwd", "a/../../w.bin", "" })
        {
            await RefusedAsync(server, "onnx_external_data", ("m/model.onnx", WithData(location)), ("w.bin", new byte[8]));
        }

        await RefusedAsync(server, "onnx_external_data", ("m/model.onnx", WithData("gone.bin")));
    }

    [Fact]
    public async Task Damaged_hostile_and_unknown_models_are_refused_with_a_code_and_leave_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var good = OnnxModels.Linear(16, 4);
        var deep = OnnxModels.Node("Identity", ["x"], ["y"]);
        for (var i = 0; i < 2_000; i++)
        {
            deep = OnnxModels.Node("If", ["c"], ["y"], "", Subgraph(deep));
        }

        (string Code, byte[] Model)[] rows =
        [
            ("bad_onnx", []),
            ("bad_onnx", "not a model at all"u8.ToArray()),
            ("bad_onnx", good[..(good.Length / 2)]),
            ("bad_onnx", good[..^1]),
            ("bad_onnx", [.. good, 0xFF]),
            ("bad_onnx", OnnxModels.Model([deep], [OnnxModels.Value("x", 1, 1)], [OnnxModels.Value("y", 1, 1)])),
            ("bad_onnx", OnnxModels.Model([OnnxModels.Node("Identity", ["nothing"], ["y"])], [OnnxModels.Value("x", 1, 1)], [OnnxModels.Value("y", 1, 1)])),
            ("bad_onnx", OnnxModels.Model([OnnxModels.Node("Add", ["x", "w"], ["y"])], [OnnxModels.Value("x", 1, 1)], [OnnxModels.Value("y", 1, 1)], [OnnxModels.Floats("w", [1 << 30, 1 << 30], [1])])),
            ("unsupported_onnx", OnnxModels.Model([OnnxModels.Node("Identity", ["x"], ["y"])], [OnnxModels.Value("x", 1, 1)], [OnnxModels.Value("y", 1, 1)], ir: 99)),
            ("unsupported_onnx", OnnxModels.Model([OnnxModels.Node("Identity", ["x"], ["y"])], [OnnxModels.Value("x", 1, 1)], [OnnxModels.Value("y", 1, 1)], opset: 99)),
            ("unsupported_onnx", OnnxModels.Model([OnnxModels.Node("OpenShell", ["x"], ["y"])], [OnnxModels.Value("x", 1, 1)], [OnnxModels.Value("y", 1, 1)])),
            ("unsupported_onnx", OnnxModels.Identity(14, "n")),   // COMPLEX64
        ];
        foreach (var (code, model) in rows)
        {
            await RefusedAsync(server, code, ("model.onnx", model));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/api/v1/models/m/versions/1")).StatusCode);
    }

    [Fact]
    public async Task Inputs_that_no_dialect_can_send_are_registered_with_the_reason_why_they_cannot_run()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (model, structure) in new[] { (OnnxModels.OfSequence(), "sequence(FP32)"), (OnnxModels.OfMap(), "map(BYTES, FP32)") })
        {
            var version = await TakenAsync(server, ("model.onnx", model));
            Assert.False(version.Runnable);
            Assert.Contains($"Its input x is a {structure}", version.NotRunnableReason, StringComparison.Ordinal);
            Assert.Equal(structure, version.Signature!.Inputs[0].Structure);
            Assert.Null(version.ExampleInput);
        }
    }

    [Fact]
    public async Task Outputs_that_no_dialect_can_answer_are_registered_with_the_reason_why_they_cannot_run()
    {
        await using var server = await TestServer.StartAsync();
        var version = await TakenAsync(server, ("model.onnx", OnnxModels.ToSequence()));
        Assert.Equal((false, null), (version.Runnable, version.Runtime));
        Assert.StartsWith("Its output parts is a sequence(FP32), and no dialect can answer that;", version.NotRunnableReason, StringComparison.Ordinal);
        Assert.Equal("sequence(FP32)", version.Signature!.Outputs[0].Structure);

        var classifier = await TakenAsync(server, ("model.onnx", OnnxModels.ZipMap(textLabels: true)));
        Assert.Equal((true, null), (classifier.Runnable, classifier.NotRunnableReason));
    }

    [Fact]
    public async Task A_folder_with_several_models_says_which_in_its_config()
    {
        await using var server = await TestServer.StartAsync();
        var (one, two) = (OnnxModels.Linear(2), OnnxModels.Linear(3));
        var unsure = await TakenAsync(server, ("a.onnx", one), ("b.onnx", two));
        Assert.False(unsure.Runnable);
        Assert.Contains("model_file", unsure.NotRunnableReason, StringComparison.Ordinal);
        var sure = await TakenAsync(server, ("a.onnx", one), ("b.onnx", two), ("config.yaml", "runtime: onnx\nmodel_file: b.onnx\n"u8.ToArray()));
        Assert.Equal(3, sure.Signature!.Inputs[0].Shape[1]);
        await RefusedAsync(server, "missing_model_file", ("a.onnx", one), ("config.yaml", "runtime: onnx\nmodel_file: c.onnx\n"u8.ToArray()));
    }

    [Fact]
    public async Task Without_the_library_a_model_is_refused_with_a_sentence_and_everything_else_works()
    {
        await using var server = await TestServer.StartAsync(services: services => Microsoft.Extensions.DependencyInjection.OptionsServiceCollectionExtensions.Configure<Slipway.Server.Runtimes.RuntimesOptions>(
            services, o => o.OnnxLibrary = "/nowhere/libonnxruntime.so.1"));
        var response = await PushAsync(server, ("model.onnx", OnnxModels.Linear()));
        await response.ShouldRefuseAsync(409, "onnx_runtime_missing");
        Assert.True((await server.Client.PushedAsync("other", ("score.py", "def predict(x):\n    return x\n"))).Runnable);
    }

    private static byte[] WithData(string location) => OnnxModels.Model(
        [OnnxModels.Node("MatMul", ["x", "w"], ["y"])], [OnnxModels.Value("x", 1, "n", 2)], [OnnxModels.Value("y", 1, "n", 1)], [OnnxModels.External("w", [2, 1], location)]);

    /// <summary>An attribute that holds a graph with this node.</summary>
    private static byte[] Subgraph(byte[] node) =>
        [.. "then_branch"u8.ToArray().Framed(1), .. ((byte[])[.. node.Framed(1), .. "g"u8.ToArray().Framed(2), .. OnnxModels.Value("y", 1, 1).Framed(12)]).Framed(6), .. OnnxModels.Varint(20, 5)];

    private static async Task<HttpResponseMessage> PushAsync(TestServer server, params (string Path, byte[] Content)[] files)
    {
        await server.Client.RegisterAsync("m");
        var uploaded = await server.Client.PutArchiveAsync(RegistryCalls.TarGz(files));
        var upload = await uploaded.ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.UploadInfo);
        return await server.Client.PostAsJsonAsync("/api/v1/models/m/versions", new CreateVersionRequest(upload.Id), ContractsJson.Default.CreateVersionRequest);
    }

    private static async Task<ModelVersionInfo> TakenAsync(TestServer server, params (string Path, byte[] Content)[] files) =>
        await (await PushAsync(server, files)).ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.ModelVersionInfo);

    private static async Task RefusedAsync(TestServer server, string code, params (string Path, byte[] Content)[] files)
    {
        var response = await PushAsync(server, files);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest && text.Contains($"\"{code}\"", StringComparison.Ordinal), $"{code} was expected: {text}");
        Assert.DoesNotContain(".inspect-", text, StringComparison.Ordinal);
    }
}
