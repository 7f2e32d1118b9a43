using System.Text.Json.Serialization;

namespace Slipway.Serving;

/// <summary>The server introduces itself.</summary>
/// <param name="Role"><c>control</c> or <c>gateway</c>.</param>
/// <param name="Peer">Name of the connecting process; a later connection of the same role and peer replaces the earlier one.</param>
/// <param name="Token">The secret of the replica's specification.</param>
/// <param name="Epoch">Rises with every start of the server; a replica refuses one below the highest it has seen.</param>
public sealed record ServerHello(int Protocol, string Role, string Peer, string Token, ulong Epoch)
{
    public const int Version = 1;

    public static ServerHello Control(string peer, string token, ulong epoch) => new(Version, "control", peer, token, epoch);

    public static ServerHello Gateway(string peer, string token, ulong epoch) => new(Version, "gateway", peer, token, epoch);
}

/// <summary>The replica's answer.</summary>
/// <param name="State">starting, loading, ready, failed or draining.</param>
public sealed record ReplicaHello(int Protocol, string Replica, int Pid, string State);

/// <summary>The model is ready.</summary>
/// <param name="LoadMs">Time that loading took, milliseconds.</param>
/// <param name="Concurrency">Calls of the model that run at a time.</param>
/// <param name="Batch">Whether it takes everything that waits into one call, up to <paramref name="MaxBatch"/>.</param>
public sealed record ReplicaLoaded(double LoadMs, int Concurrency, bool Batch, int MaxBatch, bool Streams, IReadOnlyList<string> Methods);

/// <summary>The model cannot be loaded.</summary>
/// <param name="Code">load_failed, memory_limit or import_failed.</param>
/// <param name="Message">Last line of the traceback.</param>
public sealed record ReplicaFailed(string Code, string Message);

/// <summary>The end of loading: exactly one of the two.</summary>
public readonly record struct LoadOutcome(ReplicaLoaded? Loaded, ReplicaFailed? Failed);

/// <summary>What a <c>predict</c> says beyond its fixed fields; null members are left out.</summary>
/// <param name="Dialect">What the body is written in: null or <see cref="Dialects.Predict"/>, <see cref="Dialects.OpenInference"/> or <see cref="Dialects.MLflow"/>. The answer is in the same.</param>
/// <param name="JsonLength">Bytes of JSON before the binary tensors: the request's <c>Inference-Header-Content-Length</c>. Null: all of it is JSON.</param>
/// <param name="ModelName">What the answer calls the model, in dialects that say it: the deployment's name.</param>
/// <param name="ModelVersion">What the answer calls the version; null: it does not say.</param>
public sealed record PredictExtras(
    string? ContentType, string? Traceparent, string? Method, string? Dialect = null, long? JsonLength = null, string? ModelName = null, string? ModelVersion = null);

/// <summary>Values of <see cref="PredictExtras.Dialect"/>.</summary>
public static class Dialects
{
    /// <summary>The model's own form; of an ONNX model <c>{"inputs": {name: nested list}}</c>. The default.</summary>
    public const string Predict = "predict";

    /// <summary>An infer request of the Open Inference Protocol v2, with or without binary tensors.</summary>
    public const string OpenInference = "open_inference";

    /// <summary>As <see cref="Predict"/>, and MLflow's scoring bodies may come: <c>dataframe_split</c>, <c>dataframe_records</c>, <c>instances</c>, <c>inputs</c>, which are answered <c>{"predictions": …}</c>.</summary>
    public const string MLflow = "mlflow";
}

/// <summary>What a <c>result</c> says beyond its fixed fields; null members are left out.</summary>
/// <param name="Length">Whole length of a long answer, bytes.</param>
/// <param name="Stream">The model yields it item by item.</param>
/// <param name="JsonLength">Bytes of JSON before the binary tensors: the answer's <c>Inference-Header-Content-Length</c>. Null: there are none.</param>
public sealed record ResultExtras(string? ContentType, long? Length, bool? Stream, long? JsonLength = null);

/// <summary>JSON of the frames: snake_case, unknown members ignored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServerHello))]
[JsonSerializable(typeof(ReplicaHello))]
[JsonSerializable(typeof(ReplicaLoaded))]
[JsonSerializable(typeof(ReplicaFailed))]
[JsonSerializable(typeof(PredictExtras))]
[JsonSerializable(typeof(ResultExtras))]
[JsonSerializable(typeof(ReplicaReload))]
[JsonSerializable(typeof(ReplicaReloaded))]
public sealed partial class ServingJson : JsonSerializerContext;
