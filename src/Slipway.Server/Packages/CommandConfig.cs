using System.Text.Json.Nodes;

namespace Slipway.Server.Packages;

/// <summary>A program that serves predictions over HTTP: <c>runtime: command</c> of a config.yaml.</summary>
/// <param name="Command">Program and arguments; it listens on <c>127.0.0.1:$PORT</c>.</param>
/// <param name="PredictPath">Where predictions are posted to.</param>
/// <param name="HealthPath">What answers 2xx or 3xx as long as it is well; null: that it listens is enough.</param>
/// <param name="HealthIntervalS">Seconds between two checks; null: 2.</param>
/// <param name="PredictConcurrency">Requests that it takes at a time.</param>
internal sealed record CommandConfig(IReadOnlyList<string> Command, string PredictPath, string? HealthPath, int? HealthIntervalS, int PredictConcurrency)
{
    public const int DefaultConcurrency = 8;

    /// <summary>Whether it can be asked of a program as it is: from the root, and nothing that would end the line of a request.</summary>
    public static bool IsPath(string text) => text.StartsWith('/') && text.Length <= 500 && !text.Any(c => c <= ' ' || c > '~');

    /// <summary>Adds what the runner needs to the member <c>model</c> of spec.json.</summary>
    public void AddTo(JsonObject model)
    {
        model["command"] = new JsonArray([.. Command.Select(c => (JsonNode?)c)]);
        model["http"] = new JsonObject
        {
            ["predict_path"] = PredictPath, ["health_path"] = HealthPath, ["health_interval_s"] = HealthIntervalS,
        };
        model["predict_concurrency"] = PredictConcurrency;
    }
}
