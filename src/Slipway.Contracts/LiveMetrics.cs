namespace Slipway.Contracts;

/// <summary>A deployment as it is now: the last minute, and the last five in steps of five seconds.</summary>
/// <param name="At">When it was last reported; null: never.</param>
/// <param name="ErrorRate">Share of requests that failed (502, 503, 504, a model's 5xx), 0 to 1; null: there were none.</param>
/// <param name="CpuCores">In use over all ready replicas, in cores; null: not measured.</param>
/// <param name="GpuPercentage">Of the GPUs of all ready replicas, mean; null: they have none, or it is not known.</param>
/// <param name="NetworkBytesPerSecond">Null: this engine does not measure it.</param>
/// <param name="Points">Oldest first.</param>
public sealed record LiveMetrics(
    DateTimeOffset? At, double RequestsPerSecond, double? ErrorRate, double? P50Ms, double? P95Ms, double? P99Ms, int InFlight, int Queued, int Parked, int ReplicasReady,
    double? CpuCores, long? ResidentBytes, double? GpuPercentage, double? NetworkBytesPerSecond, IReadOnlyList<LiveMetricsPoint> Points, IReadOnlyList<ReplicaInfo> Replicas,
    IReadOnlyList<VariantMetrics>? Variants = null);

/// <summary>One variant of a live revision in the last minute.</summary>
/// <param name="FallbackPerSecond">Requests that were its own and that its fallback answered; not among <paramref name="RequestsPerSecond"/>.</param>
public sealed record VariantMetrics(int Revision, string Variant, double RequestsPerSecond, double? ErrorRate, double? P50Ms, double? P95Ms, double FallbackPerSecond);

/// <param name="At">Beginning of its five seconds.</param>
/// <param name="Concurrency">Requests on replicas and waiting, mean.</param>
public sealed record LiveMetricsPoint(
    DateTimeOffset At, double RequestsPerSecond, double ErrorsPerSecond, double? P50Ms, double? P95Ms, double? P99Ms, double Concurrency, int ReplicasReady, double? CpuCores,
    long? ResidentBytes);
