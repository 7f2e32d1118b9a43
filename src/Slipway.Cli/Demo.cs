using System.Text.Encodings.Web;
using System.Text.Json;
using Slipway.Cli.Pushing;
using Slipway.Contracts;

namespace Slipway.Cli;

/// <summary>
/// The sample deployment of <c>up --demo</c>: a real model in production, with a key of its own. Handwritten digits, which can be drawn in Execute; where ONNX Runtime cannot be
/// had, the sentiment sample, which needs nothing but the machine.
/// </summary>
internal static class Demo
{
    private const string Digits = "digits";
    private const string Sentiment = "sentiment";
    private const string KeyName = "demo";
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(20);
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task DeployAsync(ApiClient api, CancellationToken cancellationToken)
    {
        var problem = await OnnxProblemAsync(api, cancellationToken);
        DeploymentInfo? live = null;
        if (problem is null)
        {
            try
            {
                live = await LiveAsync(api, Digits, cancellationToken);
            }
            catch (CliException exception)
            {
                problem = exception.Message;
            }
        }

        if (live is null)
        {
            Console.Out.WriteLine($"  The demo model '{Digits}' cannot be served here ({problem!.TrimEnd('.')}), so '{Sentiment}' takes its place.");
            live = await LiveAsync(api, Sentiment, cancellationToken);
        }

        await foreach (var old in api.ListAsync("/api/v1/keys", ContractsJson.Default.PageKeyInfo, cancellationToken))
        {
            if (old is { Name: KeyName, Revoked: false })
            {
                await api.CallAsync(HttpMethod.Delete, $"/api/v1/keys/{old.Id}", cancellationToken);
            }
        }

        var key = await KeyAsync(api, cancellationToken);
        var variant = live.Live!.Variants.First(v => v.IsDefault);
        var version = await api.GetAsync($"/api/v1/models/{variant.Model}/versions/{variant.ModelVersion}", ContractsJson.Default.ModelVersionInfo, cancellationToken);
        Console.Out.WriteLine($"  The demo model '{live.Name}' is live in production. Ask it:");
        Console.Out.WriteLine();
        Console.Out.WriteLine(Push.Curl(live, key ?? "YOUR_KEY", version.ExampleInput is { } example ? Text(example) : "{}"));
        Console.Out.WriteLine();
        if (key is null)
        {
            Console.Out.WriteLine("  There is no key for it: you have as many API keys as a user may have. Put one of yours in place of YOUR_KEY, or revoke one");
            Console.Out.WriteLine("  that is not needed any more ('slipway keys list', 'slipway keys revoke ID') and say 'slipway up --demo' again.");
            Console.Out.WriteLine();
        }

        if (version.InputView is not null)
        {
            Console.Out.WriteLine($"  Or draw a digit at  {new Uri(api.Address, $"/ui/deployments/production/{live.Name}/execute")}");
            Console.Out.WriteLine();
        }
    }

    /// <returns>The text of a new key; null: the user has as many as a user may have.</returns>
    private static async Task<string?> KeyAsync(ApiClient api, CancellationToken cancellationToken)
    {
        try
        {
            var made = await api.PostAsync(
                "/api/v1/keys", new CreateKeyRequest(KeyName, ["predict"], "production", 30), ContractsJson.Default.CreateKeyRequest, ContractsJson.Default.CreatedKey, cancellationToken);
            return made.Key;
        }
        catch (CliException exception) when (exception.Code == "too_many_keys")
        {
            return null;
        }
    }

    /// <returns>Null: ONNX models can be served; else why not.</returns>
    private static async Task<string?> OnnxProblemAsync(ApiClient api, CancellationToken cancellationToken)
    {
        // The base images are probed in the background of a start.
        for (var until = DateTimeOffset.UtcNow + ProbePatience; ; await Task.Delay(100, cancellationToken))
        {
            var status = await api.GetAsync("/api/v1/system", ContractsJson.Default.SystemStatus, cancellationToken);
            if (status.BaseImages.FirstOrDefault(i => i.Runtime == "onnx") is { } image)
            {
                return image.Usable ? null : image.Problem ?? "ONNX Runtime is missing";
            }

            if (status.BaseImages.Count > 0 || DateTimeOffset.UtcNow > until)
            {
                return "this server has no runtime for ONNX models";
            }
        }
    }

    /// <exception cref="CliException">It is not there and cannot be served.</exception>
    private static async Task<DeploymentInfo> LiveAsync(ApiClient api, string name, CancellationToken cancellationToken)
    {
        var found = await api.FindAsync($"/api/v1/deployments/production/{name}", ContractsJson.Default.DeploymentInfo, cancellationToken);
        if (found?.Live is not null)
        {
            return found;
        }

        var push = new Push(api);
        if (found is null)
        {
            var folder = ProgramFolder.Find(Path.Combine("samples", name))
                ?? throw new CliException(ExitCode.Failed, "The samples are not beside this program; push a model of yours with 'slipway push DIR'.");
            var version = await push.UploadAsync(folder, name, new VersionOptions(), cancellationToken);
            await push.DeployAsync(version, name, new DeployOptions("production"), cancellationToken);
        }

        return await push.WaitAsync("production", name, TimeSpan.FromMinutes(5), cancellationToken);
    }

    private static string Text(JsonElement json) => JsonSerializer.Serialize(json, Readable);
}
