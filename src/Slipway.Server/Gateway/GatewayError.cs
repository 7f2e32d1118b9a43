using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Gateway;

/// <summary>Why a prediction has no good answer.</summary>
/// <param name="Status">HTTP status; 499 is recorded and not answered.</param>
/// <param name="FromModel">The model itself answered it.</param>
/// <param name="MayHaveBegun">The model's code may have seen the request.</param>
/// <param name="Detail">A model's own error body, JSON; null otherwise.</param>
/// <param name="FailsGate">It is evidence against the revision: 502, 504, a replica's 503, a model's 5xx.</param>
internal sealed record GatewayError(
    int Status, string Code, string Message, bool FromModel = false, bool MayHaveBegun = false, string? Detail = null, bool FailsGate = false)
{
    /// <summary>Seconds after which trying again makes sense; 0: it does not.</summary>
    public int RetryAfterSeconds { get; init; } = Status is 429 or 503 ? 1 : 0;

    private static readonly byte[] NoId = [.. "00000000-0000-0000-0000-000000000000"u8];

    private byte[]? problem; // with no id; made when it is first answered

    /// <summary>Another replica could do better.</summary>
    public bool IsPassing => Status is 502 or 503 or 504;

    /// <summary>The problem (RFC 9457) of one prediction. All but the id is made once: under overload most answers are the same refusal.</summary>
    public byte[] ProblemOf(Guid predictionId)
    {
        problem ??= JsonSerializer.SerializeToUtf8Bytes(
            new Problem(
                "about:blank", Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(Status), Status, Message, Code, Guid.Empty.ToString(), null,
                RetryAfterSeconds == 0 ? null : RetryAfterSeconds),
            ContractsJson.Default.Problem);
        byte[] own = [.. problem];
        predictionId.TryFormat(own.AsSpan(own.AsSpan().LastIndexOf(NoId)), out _);
        return own;
    }
}

/// <summary>Every way in which the gateway itself says no.</summary>
internal static class GatewayErrors
{
    private const int MostRetrySeconds = 60;

    private static readonly GatewayError[] Full = ByRetry(new(429, "queue_full", "Too many requests are waiting for a replica; send fewer at a time."));

    private static readonly GatewayError[] TooLate = ByRetry(new(
        429, "overloaded", "So many requests are waiting that this one's turn would come after its deadline; send fewer at a time, or give the deployment more replicas or a longer timeout."));

    public static GatewayError Unauthenticated { get; } = new(
        401, "unauthenticated", "A valid API key is needed: Authorization: Bearer KEY, Api-Key KEY, or Basic user:key.");

    public static GatewayError KeyUnknown { get; } = new(401, "key_unknown", "This API key is unknown or revoked, or it is another user's.");

    public static GatewayError KeyExpired { get; } = new(401, "key_expired", "The API key has expired; ask for a new one.");

    public static GatewayError PredictMissing { get; } = new(403, "missing_right", "The right predict is missing: this key may not call predictions.");

    public static GatewayError CsrfMissing { get; } = new(403, "csrf_token_missing", "A prediction from a browser session needs the session's token in the header Slipway-Csrf.");

    public static GatewayError NotFound { get; } = new(404, "deployment_not_found", "No deployment of this name takes requests here.");

    public static GatewayError RevisionNotLive { get; } = new(404, "revision_not_live", "This revision of the deployment is not live.");

    public static GatewayError VersionNotLive { get; } = new(404, "version_not_live", "This version of the model is not live in the deployment.");

    public static GatewayError NotReady { get; } = new(503, "not_ready", "Nothing of this deployment is ready yet; its page says why.");

    public static GatewayError NoReplica { get; } = new(503, "no_ready_replica", "No replica is ready now.");

    public static GatewayError TooLarge { get; } = new(413, "body_too_large", "The body is larger than 100 MiB.");

    public static GatewayError NotJson { get; } = new(
        415, "unsupported_media_type", "This route takes JSON: send Content-Type: application/json, or use the route that ends in /invocations.");

    public static GatewayError NotTensors { get; } = new(
        415, "unsupported_media_type", "This route takes application/json, or application/octet-stream with the header Inference-Header-Content-Length.");

    public static GatewayError BadJsonLength { get; } = new(
        400, "malformed_request", "Inference-Header-Content-Length is one whole number: how many bytes of JSON come before the binary tensors.");

    public static GatewayError ClientGone { get; } = new(499, "client_gone", "The caller closed the connection before the answer.", MayHaveBegun: true);

    public static GatewayError BodyBroken { get; } = new(400, "body_broken", "The body ended before it was whole.");

    public static GatewayError BodySlow { get; } = new(408, "body_too_slow", "The body came too slowly.");

    public static GatewayError Deadline { get; } = new(504, "deadline", "The deadline passed before the model answered.", MayHaveBegun: true, FailsGate: true);

    public static GatewayError QueueDeadline { get; } = new(504, "deadline", "The deadline passed while the request waited for a replica.", FailsGate: true);

    public static GatewayError ReplicaLost { get; } = new(
        502, "replica_lost", "The replica was lost while it had the request; it was not tried again because it may have begun.", MayHaveBegun: true, FailsGate: true);

    public static GatewayError ReplicaUnreachable { get; } = new(503, "replica_unreachable", "The replica was lost before it had the request.", FailsGate: true);

    public static GatewayError BadAnswer { get; } = new(502, "bad_answer", "The model's answer cannot be passed on.", FromModel: true, MayHaveBegun: true, FailsGate: true);

    public static GatewayError BadContext { get; } = new(
        400, "invalid_context", "The header Slipway-Context is one JSON object, field to value, such as {\"country\": \"NO\"}.");

    /// <summary>A model's own 5xx that is not passed on, because another try follows.</summary>
    public static GatewayError ModelStatus(int status) => new(
        status, "model_status", $"The model answered {status}.", FromModel: true, MayHaveBegun: true, FailsGate: true);

    public static GatewayError StreamBroken { get; } = new(502, "stream_broken", "The model raised in mid-stream.", FromModel: true, MayHaveBegun: true, FailsGate: true);

    /// <param name="retryAfterSeconds">1 to 60.</param>
    public static GatewayError QueueFull(int retryAfterSeconds) => Full[retryAfterSeconds - 1];

    /// <param name="retryAfterSeconds">1 to 60.</param>
    public static GatewayError Overloaded(int retryAfterSeconds) => TooLate[retryAfterSeconds - 1];

    // Made once: under overload most answers are these.
    private static GatewayError[] ByRetry(GatewayError error) => [.. Enumerable.Range(1, MostRetrySeconds).Select(seconds => error with { RetryAfterSeconds = seconds })];
}
