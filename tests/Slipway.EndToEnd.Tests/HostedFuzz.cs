using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Serving.Tensors;
using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>
/// Random tensors over HTTP to models that live in the gateway's own process: each is answered or refused with a code, the server lives and its memory is flat.
/// <c>SLIPWAY_FUZZ=100000</c> sets how many. The server is started with <see cref="ProcessMemory.CollectsOften"/>.
/// </summary>
internal static class HostedFuzz
{
    private const int AtATime = 16;

    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("SLIPWAY_FUZZ") ?? "6000", CultureInfo.InvariantCulture);

    private static readonly (string Name, byte[] Model, DataType Type, int Rank)[] Models =
    [
        ("fuzzed-numbers", OnnxModels.Linear(2, 2), DataType.Fp32, 2), ("fuzzed-texts", OnnxModels.Identity(OnnxModels.Text, "n", "m"), DataType.Bytes, 2),
    ];

    public static async Task RunAsync(SlipwayProcess slipway)
    {
        var seed = Environment.TickCount;
        foreach (var (name, model, type, rank) in Models)
        {
            var folder = slipway.WritePackage(name, new Dictionary<string, string>());
            Directory.CreateDirectory(folder);
            var file = Path.Combine(folder, "model.onnx");
            await File.WriteAllBytesAsync(file, model);
            await slipway.MustAsync("push", file, "--name", name, "--placement", "gateway", "--wait");
            var random = new Random(seed + (int)type);
            var (answered, before, rounds) = (0, 0L, Count / Models.Length / AtATime);
            var warm = rounds / 3;
            for (var round = 0; round <= rounds; round++)
            {
                var statuses = await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => AskAsync(slipway, name, RandomTensors.Request(random, "x", type, rank), seed)).ToArray());
                answered += statuses.Count(s => s == 200);
                before = round == warm ? ProcessMemory.AnonymousBytes(slipway.Pid) : before;
            }

            Assert.True(answered > Count / Models.Length / 10, $"seed {seed}: most were refused: the good ones are missing");
            var said = ProcessMemory.ShouldBeFlat($"seed {seed}, {name}", before, ProcessMemory.AnonymousBytes(slipway.Pid), (rounds - warm) * AtATime, 96 << 20);
            TestContext.Current.TestOutputHelper?.WriteLine(said);
        }
    }

    private static async Task<int> AskAsync(SlipwayProcess slipway, string name, (byte[] Body, PredictExtras? Extras, BodyType Type) asked, int seed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, asked.Extras is null ? $"/development/models/{name}/invocations" : $"/development/v2/models/{name}/infer")
        {
            Content = new ByteArrayContent(asked.Body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(asked.Type == BodyType.Json ? "application/json" : "application/octet-stream");
        if (asked.Extras?.JsonLength is { } length)
        {
            request.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", length.ToString(CultureInfo.InvariantCulture));
        }

        using var response = await slipway.Client.SendAsync(request);
        var (status, text) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        var code = response.IsSuccessStatusCode ? null : JsonElement.Parse(text).GetProperty("code").GetString();
        Assert.True(status is 200 or 400 or 415 || code == "bad_answer", $"seed {seed}, {name}: {status} {text}");   // an answer with NaN is no JSON
        return status;
    }
}
