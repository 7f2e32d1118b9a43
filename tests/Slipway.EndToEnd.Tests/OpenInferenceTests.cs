using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>Open Inference and MLflow's bodies through the whole program, with real replicas of both runtimes.</summary>
public sealed class OpenInferenceTests
{
    private static readonly string Digits = Path.Combine(SlipwayProcess.SourceRoot, "samples", "digits");

    private static Dictionary<string, string> Doubling(string config) => new()
    {
        ["config.yaml"] = config,
        ["model/model.py"] = """
            class Model:
                def predict(self, tensors):
                    return {"y": [[2 * value for value in row] for row in tensors["x"]]}
            """,
    };

    [Fact]
    public async Task Digits_answer_in_every_form()
    {
        Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);
        await using var slipway = SlipwayProcess.Prepare();
        slipway.Variables.Add(ProcessMemory.CollectsOften.Key, ProcessMemory.CollectsOften.Value);
        await slipway.UpAsync();
        await slipway.MustAsync("push", Digits, "--wait");
        var expected = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(Digits, "data", "expected.json")));
        var images = expected.GetProperty("image");
        var rows = images.GetArrayLength();
        float[] pixels = [.. images.EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(p => p.GetSingle())];
        float[] probabilities = [.. expected.GetProperty("probabilities").EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(p => p.GetSingle())];

        var first = Array.IndexOf(probabilities, probabilities[..10].Max());
        var metadata = await slipway.GetAsync("/development/v2/models/digits");
        Assert.Equal("""{"name":"image","datatype":"FP32","shape":[-1,64]}""", metadata.GetProperty("inputs")[0].GetRawText());
        Assert.Equal("onnx_onnxv1", metadata.GetProperty("platform").GetString());
        Assert.True((await slipway.GetAsync("/development/v2/models/digits/versions/1/ready")).GetProperty("ready").GetBoolean());

        // Nested, flat, and by the names of a version.
        foreach (var (path, data) in new[]
        {
            ("/development/v2/models/digits/infer", images.GetRawText()), ("/v2/models/digits/infer", $"[{string.Join(',', pixels)}]"), ("/v2/models/digits/versions/v1/infer", images.GetRawText()),
        })
        {
            using var answer = await PostAsync(slipway, path, $$$"""{"id":"a","inputs":[{"name":"image","shape":[{{{rows}}},64],"datatype":"FP32","data":{{{data}}}}]}""");
            var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
            Assert.Equal(("digits", "1", "a"), (body.GetProperty("model_name").GetString(), body.GetProperty("model_version").GetString(), body.GetProperty("id").GetString()));
            var output = body.GetProperty("outputs").EnumerateArray().Single(o => o.GetProperty("name").GetString() == "probabilities");
            Near(probabilities, [.. Flat(output.GetProperty("data")).Select(e => e.GetSingle())]);
        }

        // Binary in and out.
        var header = $$$"""{"inputs":[{"name":"image","shape":[{{{rows}}},64],"datatype":"FP32","parameters":{"binary_data_size":{{{pixels.Length * 4}}}}}],"outputs":[{"name":"probabilities","parameters":{"binary_data":true}}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/digits/infer")
        {
            Content = new ByteArrayContent([.. Encoding.UTF8.GetBytes(header), .. MemoryMarshal.AsBytes(pixels.AsSpan())]),
        };
        request.Headers.Add("Inference-Header-Content-Length", $"{header.Length}");
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using (var response = await slipway.Client.SendAsync(request))
        {
            var bytes = await response.Content.ReadAsByteArrayAsync();
            var length = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single());
            Assert.Equal("probabilities", JsonElement.Parse(bytes.AsSpan(0, length)).GetProperty("outputs")[0].GetProperty("name").GetString());
            Near(probabilities, MemoryMarshal.Cast<byte, float>(bytes.AsSpan(length)).ToArray());
        }

        // JSON predict is the model's own form; MLflow's bodies are answered with predictions.
        foreach (var body in new[] { $$$"""{"inputs":{"image":{{{images[0]}}}}}""", images.GetRawText(), images[0].GetRawText() })
        {
            using var plain = await PostAsync(slipway, "/development/models/digits", body);
            Assert.Equal(first, JsonElement.Parse(await plain.Content.ReadAsStringAsync()).GetProperty("result").GetProperty("digit")[0].GetInt32());
        }

        using (var bare = await PostAsync(slipway, "/development/models/digits/invocations", images.GetRawText()))
        {
            Assert.Equal(rows, JsonElement.Parse(await bare.Content.ReadAsStringAsync()).GetProperty("digit").GetArrayLength());
        }

        foreach (var body in new[]
        {
            $$$"""{"inputs":{"image":{{{images}}}}}""", $$$"""{"inputs":{{{images}}}}""", $$$"""{"instances":{{{images}}}}""", $$$"""{"dataframe_split":{"data":{{{images}}}}}""",
            $$$"""{"dataframe_records":[{"image":{{{images[0]}}}}]}""",
        })
        {
            using var scored = await PostAsync(slipway, "/development/models/digits/invocations", body);
            Assert.Equal(first, JsonElement.Parse(await scored.Content.ReadAsStringAsync()).GetProperty("predictions").GetProperty("digit")[0].GetInt32());
        }

        await RefusalsAsync(slipway, "image", "FP32", 64);
        await RandomAsync(slipway, "digits", "image", 64);
        await HostedFuzz.RunAsync(slipway);
        using var text = await slipway.Client.PostAsync("/development/models/digits/invocations", new StringContent("1,2", Encoding.UTF8, "text/csv"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, text.StatusCode);

        static async Task RefusalsAsync(SlipwayProcess slipway, string name, string type, int size)
        {
            foreach (var (code, body) in new[]
            {
                ("malformed_json", "{"), ("malformed_request", "{}"), ("missing_input", """{"inputs":[]}"""),
                ("unknown_input", """{"inputs":[{"name":"z","shape":[1],"datatype":"FP32","data":[1]}]}"""),
                ("datatype_mismatch", $$"""{"inputs":[{"name":"{{name}}","shape":[1,{{size}}],"datatype":"INT8","data":[1]}]}"""),
                ("shape_mismatch", $$"""{"inputs":[{"name":"{{name}}","shape":[1],"datatype":"{{type}}","data":[1]}]}"""),
                ("data_mismatch", $$"""{"inputs":[{"name":"{{name}}","shape":[1,{{size}}],"datatype":"{{type}}","data":[1]}]}"""),
            })
            {
                using var refused = await PostAsync(slipway, "/v2/models/digits/infer", body);
                var error = JsonElement.Parse(await refused.Content.ReadAsStringAsync());
                Assert.Equal((400, code), ((int)refused.StatusCode, error.GetProperty("code").GetString()));
                Assert.NotEmpty(error.GetProperty("error").GetString()!);
            }
        }
    }

    [Fact]
    public async Task A_Python_package_that_declares_tensors_speaks_Open_Inference_and_another_does_not()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("named", Doubling("""
            signature:
              inputs:
                - {name: x, datatype: FP32, shape: [-1, 2]}
              outputs:
                - {name: y, datatype: FP32, shape: [-1, 2]}
            """), "--wait");
        await slipway.PushAsync("free", Doubling("model_type: tensors\n"), "--wait");
        await slipway.PushAsync("plain", Doubling("description: no tensors\n"), "--wait");
        const string Body = """{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}]}""";
        foreach (var (name, type) in new[] { ("named", "FP32"), ("free", "INT64") })
        {
            using var answer = await PostAsync(slipway, $"/v2/models/{name}/infer", Body.Replace("FP32", name == "free" ? "INT32" : "FP32", StringComparison.Ordinal));
            Assert.Equal(
                $$"""{"model_name":"{{name}}","model_version":"1","outputs":[{"name":"y","shape":[2,2],"datatype":"{{type}}","data":[2,4,6,8]}]}""",
                (await answer.Content.ReadAsStringAsync()).Replace(".0", "", StringComparison.Ordinal));
        }

        Assert.Equal("""[{"name":"x","datatype":"FP32","shape":[-1,2]}]""", (await slipway.GetAsync("/v2/models/named")).GetProperty("inputs").GetRawText());
        Assert.Equal("python", (await slipway.GetAsync("/v2/models/free")).GetProperty("platform").GetString());
        Assert.Equal("FP32", (await slipway.GetAsync("/api/v1/models/named/versions/1")).GetProperty("signature").GetProperty("inputs")[0].GetProperty("datatype").GetString());
        using var refused = await PostAsync(slipway, "/v2/models/plain/infer", Body);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
        Assert.Equal("dialect_not_supported", JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("code").GetString());
        using var plain = await slipway.PredictAsync("development", "plain", """{"x":[[1]]}""");
        Assert.Equal(HttpStatusCode.OK, plain.StatusCode);

        // An alias is a name at once, and forgotten at once.
        await slipway.Client.PutAsync("/api/v1/models/named/aliases/champion", new StringContent("""{"version":"1"}""", Encoding.UTF8, "application/json"));
        await Eventually.TrueAsync(
            async () =>
            {
                using var aliased = await PostAsync(slipway, "/v2/models/named/versions/@champion/infer", Body);
                return aliased.IsSuccessStatusCode;
            },
            "the alias answers");
        await RandomAsync(slipway, "named", "x", 2);
    }

    [Fact]
    public async Task A_client_with_nothing_but_Pythons_standard_library_infers_in_binary()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("free", Doubling("model_type: tensors\n"), "--wait");
        const string Client = """
            import json, struct, sys, urllib.request
            address, authorization = sys.argv[1:]
            head = json.dumps({"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP64", "parameters": {"binary_data_size": 24}}],
                               "parameters": {"binary_data_output": True}}).encode()
            request = urllib.request.Request(address + "/v2/models/free/infer", head + struct.pack("<3d", 1, 2.5, -3), {
                "Authorization": authorization, "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))})
            with urllib.request.urlopen(request) as response:
                body, size = response.read(), int(response.headers["Inference-Header-Content-Length"])
            output = json.loads(body[:size])["outputs"][0]
            print(output["datatype"], output["shape"], struct.unpack("<3d", body[size:]))
            """;
        using var python = Process.Start(new ProcessStartInfo("python3")
        {
            ArgumentList = { "-c", Client, slipway.Address.ToString().TrimEnd('/'), slipway.Client.DefaultRequestHeaders.Authorization!.ToString() }, RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        var printed = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        Assert.Equal("FP64 [1, 3] (2.0, 5.0, -6.0)", printed.Trim());
    }

    /// <summary>Whatever is sent, the answer is a refusal or an inference; never a 5xx.</summary>
    private static async Task RandomAsync(SlipwayProcess slipway, string deployment, string input, int size)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] values = ["1", "-1", "1.5", "true", "null", "\"x\"", "[]", "[1]", "[[1],[2]]", "{}", $"[1,{size}]", "\"FP32\"", "\"BYTES\"", "1e400", "[9223372036854775807,2]", "[0,64]", "{\"binary_data_size\":4}", "\"\\ud800\""];
        for (var i = 0; i < 400; i++)
        {
            var members = new Dictionary<string, string> { ["name"] = $"\"{input}\"", ["shape"] = $"[1,{size}]", ["datatype"] = "\"FP32\"", ["data"] = $"[{string.Join(',', Enumerable.Repeat(1, size))}]" };
            for (var changes = random.Next(4); changes > 0; changes--)
            {
                members[new[] { "name", "shape", "datatype", "data", "parameters" }[random.Next(5)]] = values[random.Next(values.Length)];
            }

            var body = $$$"""{"inputs":[{{{string.Join(',', members.Select(m => $"\"{m.Key}\":{m.Value}"))}}}]}""";
            if (random.Next(5) == 0)
            {
                body = body.Remove(random.Next(body.Length), 1);
            }

            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/models/{deployment}/infer") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            if (random.Next(5) == 0)
            {
                request.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", $"{random.Next(body.Length + 20)}");
            }

            using var response = await slipway.Client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True((int)response.StatusCode is 200 or 400, $"seed {seed}: {(int)response.StatusCode} {text} for {body}");
            Assert.True(response.IsSuccessStatusCode || JsonElement.Parse(text).TryGetProperty("error", out _), text);
        }
    }

    private static IEnumerable<JsonElement> Flat(JsonElement data) => data.ValueKind == JsonValueKind.Array ? data.EnumerateArray().SelectMany(Flat) : [data];

    private static void Near(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5));
    }

    private static Task<HttpResponseMessage> PostAsync(SlipwayProcess slipway, string path, string json) =>
        slipway.Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
}
