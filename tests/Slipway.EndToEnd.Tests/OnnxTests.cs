using System.Net;
using System.Text;
using System.Text.Json;
using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>An ONNX model from its file to predictions, and over the death of the server.</summary>
public sealed class OnnxTests
{
    private static readonly string Digits = Path.Combine(SlipwayProcess.SourceRoot, "samples", "digits");

    public OnnxTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    [Fact]
    public async Task A_bare_onnx_file_is_pushed_asked_and_adopted_after_kill_9()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        var file = Path.Combine(slipway.DataFolder, "..", $"{Path.GetFileName(slipway.DataFolder)}.onnx");
        File.Copy(Path.Combine(Digits, "data", "digits.onnx"), file);
        try
        {
            await slipway.MustAsync("push", file, "--name", "digits", "--wait");
        }
        finally
        {
            File.Delete(file);
        }

        var signature = (await slipway.GetAsync("/api/v1/models/digits/versions/1")).GetProperty("signature");
        Assert.Equal("""{"name":"image","datatype":"FP32","shape":[-1,64],"dimensions":["batch",null],"structure":null}""", signature.GetProperty("inputs")[0].GetRawText());
        Assert.Equal("slipway-samples", signature.GetProperty("producer").GetString());
        Assert.Contains("image FP32 [batch, 64]", await slipway.MustAsync("versions", "show", "digits", "1"), StringComparison.Ordinal);

        // As scikit-learn computed them when the model was exported.
        var expected = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Digits, "data", "expected.json"))).RootElement;
        var result = await AskAsync(slipway, expected.GetProperty("image").GetRawText());
        var rows = result.GetProperty("probabilities").EnumerateArray().Zip(expected.GetProperty("probabilities").EnumerateArray()).ToList();
        Assert.Equal(90, rows.Count);
        Assert.All(rows, row => Assert.All(row.First.EnumerateArray().Zip(row.Second.EnumerateArray()), p => Assert.InRange(Math.Abs(p.First.GetDouble() - p.Second.GetDouble()), 0, 1e-5)));
        Assert.Contains("digit", await slipway.MustAsync("predict", "digits", "--data", expected.GetProperty("image")[3].GetRawText()), StringComparison.Ordinal);

        var pids = await slipway.ReadyPidsAsync("development", "digits");
        await slipway.KillAsync();
        await slipway.UpAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await slipway.PredictAsync("development", "digits", expected.GetProperty("image").GetRawText());
                return answer.IsSuccessStatusCode;
            },
            "it answers again");
        Assert.Equal(pids, await slipway.ReadyPidsAsync("development", "digits"));

        // A replica that dies is replaced, and a body that does not fit is the sender's mistake.
        using var wrong = await slipway.PredictAsync("development", "digits", "[1, 2, 3]");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("image FP32 [batch, 64]", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        System.Diagnostics.Process.GetProcessById(pids[0]).Kill();
        await Eventually.TrueAsync(async () => await slipway.ReadyPidsAsync("development", "digits") is [var pid] && pid != pids[0], "another replica is ready", TimeSpan.FromSeconds(30));
        Assert.Equal(90, (await AskAsync(slipway, expected.GetProperty("image").GetRawText())).GetProperty("digit").GetArrayLength());
    }

    [Fact]
    public async Task The_sample_folder_is_taken_with_its_config()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.MustAsync("push", Digits, "--wait");
        var version = await slipway.GetAsync("/api/v1/models/digits/versions/1");
        Assert.Equal(("onnx", "onnx"), (version.GetProperty("detected").GetString(), version.GetProperty("runtime").GetString()));
        Assert.Empty(version.GetProperty("warnings").EnumerateArray());
        Assert.Equal(64, version.GetProperty("example_input").GetProperty("inputs").GetProperty("image")[0].GetArrayLength());
        var result = JsonDocument.Parse(await (await slipway.PredictAsync("development", "digits", version.GetProperty("example_input").GetRawText())).Content.ReadAsStringAsync());
        Assert.Equal(3, result.RootElement.GetProperty("result").GetProperty("digit")[0].GetInt32());
        Assert.Contains("3", await slipway.MustAsync("predict", "digits", "--data", $"@{Path.Combine(Digits, "three.json")}"), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> AskAsync(SlipwayProcess slipway, string json)
    {
        using var response = await slipway.PredictAsync("development", "digits", json);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("result");
    }
}
