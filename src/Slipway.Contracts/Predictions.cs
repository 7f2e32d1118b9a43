namespace Slipway.Contracts;

/// <summary>One recorded request, without bodies.</summary>
/// <param name="Origin">live, ui, sdk, simulator, shadow or rehearsal.</param>
/// <param name="Status">HTTP status answered; null: aborted by a crash before the end was known.</param>
/// <param name="State">complete or aborted.</param>
/// <param name="LatencyMs">From receipt to last byte.</param>
/// <param name="Variant">That answered.</param>
/// <param name="Routing">matched or default_matched; null: there was no routing table.</param>
/// <param name="Row">Of the routing table; 0: the default one.</param>
/// <param name="FallbackFrom">The variant that should have answered and failed; null: none did.</param>
public sealed record PredictionInfo(
    string Id, DateTimeOffset At, string Environment, string Deployment, int Revision, string Variant, string Model, int ModelVersion, string Origin, string Dialect,
    int? Status, string State, string? ErrorCode, string? ErrorSource, double? LatencyMs, double? QueueMs, double? ReplicaMs, int Attempts, string? User,
    long InputBytes, long OutputBytes, string? Routing = null, int? Row = null, string? FallbackFrom = null);

/// <summary>A prediction with its bodies. Bodies are null where logging was off or the caller may not read them.</summary>
public sealed record PredictionDetail(
    PredictionInfo Prediction, RecordedBody? Input, RecordedBody? Output, RoutingRecord? RoutingNote = null);

/// <param name="Values">What the row's conditions looked at: <c>country = "NO"</c>; null where there were none or the caller may not read bodies.</param>
/// <param name="FallbackReason">Code of what went wrong with the first variant.</param>
public sealed record RoutingRecord(string? Values, string? FallbackReason);

/// <param name="Text">The body as text where it is text; else null and <paramref name="Base64"/> is set.</param>
public sealed record RecordedBody(string? ContentType, string? Text, string? Base64, long SizeBytes, bool Complete);

/// <summary>Counts and latency over a range, in equal buckets.</summary>
/// <param name="SuccessRate">0 to 1; null without requests.</param>
/// <param name="Variants">With <c>by=variant</c>: each variant that has counts in the range, by name.</param>
public sealed record AnalyticsInfo(
    DateTimeOffset From, DateTimeOffset To, int BucketSeconds, long Requests, long Failures, double? SuccessRate, double? MeanLatencyMs, double? P50Ms, double? P95Ms,
    double? P99Ms, IReadOnlyList<AnalyticsBucket> Buckets, IReadOnlyList<VariantAnalytics>? Variants = null);

/// <summary>The share of one variant in <see cref="AnalyticsInfo"/>, of all revisions that had it, in the same buckets.</summary>
/// <param name="SuccessRate">0 to 1; null without requests.</param>
public sealed record VariantAnalytics(
    string Variant, long Requests, long Failures, double? SuccessRate, double? MeanLatencyMs, double? P50Ms, double? P95Ms, double? P99Ms, IReadOnlyList<AnalyticsBucket> Buckets);

/// <param name="Responses">Status class (2xx, 3xx, 4xx, 5xx, aborted) to count.</param>
public sealed record AnalyticsBucket(
    DateTimeOffset At, long Requests, long Failures, IReadOnlyDictionary<string, long> Responses, double? MeanLatencyMs, double? P50Ms, double? P95Ms, double? P99Ms);
