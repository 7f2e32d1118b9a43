namespace Slipway.Server.Platform;

/// <summary>An expected "no": a stable code, an HTTP status and a sentence that says what was wrong and what to do.</summary>
/// <param name="Status">HTTP status: 400, 401, 403, 404, 409, 412, 413, 415, 429, 503 or 507.</param>
/// <param name="Code">Stable, snake_case.</param>
/// <param name="Detail">A sentence for a person. No stack, absolute path, SQL or secret.</param>
public sealed record Refusal(int Status, string Code, string Detail)
{
    /// <summary>JSON field to messages, for refused bodies.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>When trying again makes sense; sent as <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The bound that was passed, in bytes or pieces; null: there is none.</summary>
    public long? Limit { get; init; }

    /// <summary>What there is of it, or what was sent, in the unit of <see cref="Limit"/>; null: not known.</summary>
    public long? Current { get; init; }

    /// <summary>Whether <see cref="Limit"/> is one of the request's own body, whose announced length then is <see cref="Current"/> where that is not said.</summary>
    public bool MeasuresBody { get; init; }

    /// <summary>What may be asked for in its place, as the feature that refused understands it; null: nothing. Never part of an answer.</summary>
    public object? Instead { get; init; }

    public static Refusal BadRequest(string code, string detail) => new(400, code, detail);

    /// <summary>A refused field of a body.</summary>
    public static Refusal Field(string field, string detail) =>
        new(400, "invalid_field", detail) { Errors = new Dictionary<string, string[]> { [field] = [detail] } };

    public static Refusal Forbidden(string code, string detail) => new(403, code, detail);

    public static Refusal NotFound(string code, string detail) => new(404, code, detail);

    public static Refusal Conflict(string code, string detail) => new(409, code, detail);

    public static Refusal Stale(string detail) => new(412, "stale_etag", detail);

    public static Refusal Unavailable(string code, string detail, TimeSpan retryAfter) => new(503, code, detail) { RetryAfter = retryAfter };
}
