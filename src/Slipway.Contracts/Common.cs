using System.Text.Json.Serialization;

namespace Slipway.Contracts;

/// <summary>One page of a list. <c>next_page_token</c> is opaque and null on the last page.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextPageToken);

/// <summary>An RFC 9457 problem: what every refusal of Slipway's own API looks like.</summary>
/// <param name="Status">HTTP status, also the response's.</param>
/// <param name="Code">Stable machine-readable reason, snake_case.</param>
/// <param name="Detail">What was wrong and what to do, one or two sentences.</param>
/// <param name="RequestId">Finds the request in the server's log.</param>
/// <param name="Errors">Field (JSON name) to messages, for refused bodies.</param>
/// <param name="RetryAfter">Seconds, where trying again makes sense.</param>
/// <param name="Limit">The bound that was passed, in bytes or pieces; only where there is one.</param>
/// <param name="Current">What there is of it, or what was sent, in the same unit; only where it is known.</param>
public sealed record Problem(
    string Type, string Title, int Status, string Detail, string Code, string? RequestId,
    IReadOnlyDictionary<string, string[]>? Errors = null, int? RetryAfter = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Limit = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Current = null);
