using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Server.Packages;

/// <summary>What looking at a package found that a build and the runner need. Kept with the version as JSON.</summary>
/// <param name="BaseImage">What config.yaml names; null: the default.</param>
/// <param name="Model">The member <c>model</c> of a replica's spec.json, see docs/replica-protocol.md.</param>
/// <param name="Imports">Modules, dotted, that the package's code imports and that are not its own.</param>
/// <param name="Resources">Null: said nothing, or looked at before this was kept.</param>
internal sealed record RunnerPlan(string Runtime, string? BaseImage, JsonElement Model, IReadOnlyList<string> Imports, PackageResources? Resources = null)
{
    /// <summary>What the package of a version asks for.</summary>
    /// <param name="runnerJson">As <see cref="Registry.PackageFacts.RunnerJson"/> has it.</param>
    public static PackageResources ResourcesOf(string? runnerJson) =>
        Read(runnerJson)?.Resources ?? PackageResources.None;

    /// <summary>Names of the secrets that the config.yaml of a version declares; without those that can be no variable.</summary>
    /// <param name="runnerJson">As <see cref="Registry.PackageFacts.RunnerJson"/> has it.</param>
    public static IReadOnlyList<string> SecretsOf(string? runnerJson) =>
        Read(runnerJson)?.Model is { ValueKind: JsonValueKind.Object } model && model.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object
        && config.TryGetProperty("secrets", out var secrets) && secrets.ValueKind == JsonValueKind.Object
            ? [.. secrets.EnumerateObject().Select(s => s.Name).Where(name => Runtimes.VariableNames.Wrong(name) is null)]
            : [];

    /// <returns>Null: there is no plan, because the version cannot run.</returns>
    public static RunnerPlan? Read(string? runnerJson) => runnerJson is null ? null : JsonSerializer.Deserialize(runnerJson, PackagesJson.Default.RunnerPlan);

    /// <summary>A bare estimator, without code of its own.</summary>
    public bool IsEstimator => Model.TryGetProperty("kind", out var kind) && kind.ValueEquals("estimator");

    /// <summary>Its config.yaml declares that it takes tensors by name.</summary>
    public bool TakesTensors => Model.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object
        && ((config.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("tensors"))
            || (config.TryGetProperty("signature", out var signature) && signature.ValueKind == JsonValueKind.Object));

    public bool Fork => Model.GetProperty("fork").GetBoolean();

    public bool Batch => Model.GetProperty("batch").GetBoolean();

    public int MaxBatch => Model.GetProperty("max_batch").GetInt32();

    public int PredictConcurrency => Model.GetProperty("predict_concurrency").GetInt32();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunnerPlan))]
[JsonSerializable(typeof(Runtimes.RuntimeLaunch))]
internal sealed partial class PackagesJson : JsonSerializerContext;
