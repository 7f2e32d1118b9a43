namespace Slipway.Server.History;

/// <summary>Who asked: live and sdk count in gates and analytics, the others do not. The numbers are stored.</summary>
internal enum Origin : byte
{
    Live = 0,
    Ui = 1,
    Sdk = 2,
    Simulator = 3,
    Shadow = 4,
    Rehearsal = 5,
}

/// <summary>The language of the request. The numbers are stored.</summary>
internal enum Dialect : byte
{
    Promote = 0,
    Invocations = 1,
    OpenInference = 2,
    OpenAi = 3,
    Orq = 4,
    MLflow = 5,
}

/// <summary>
/// What one (deployment, revision, variant) is called; written once per segment and named by number in records. Keep one instance per route: the journal
/// finds it by reference first.
/// </summary>
/// <param name="Variant">That answered.</param>
/// <param name="Row">Of the routing table, 0 for the default one; null: there was no table.</param>
/// <param name="RoutedTo">The variant that should have answered and failed; null: none did.</param>
internal sealed record RouteLabel(
    Guid DeploymentId, string Environment, string Deployment, Guid OwnerId, Guid RevisionId, int Revision, string Variant, string Model, int ModelVersion,
    int? Row = null, string? RoutedTo = null);

/// <summary>Written before the first byte of the answer leaves.</summary>
/// <param name="PredictionId">UUIDv7 made from the instant of receipt: history orders and finds by it.</param>
/// <param name="ReceivedUtcTicks">Instant of receipt.</param>
/// <param name="InputComplete">False: <c>input</c> is only the beginning of the body.</param>
/// <param name="Note">A small JSON object about the routing, at most <see cref="JournalLayout.MaxNote"/> characters: <c>values</c>, <c>fallback_reason</c>. Null: nothing to say.</param>
/// <param name="InputLength">Whole length of the body in bytes, as far as it is known.</param>
internal readonly record struct PredictionBegin(
    Guid PredictionId, long ReceivedUtcTicks, Origin Origin, Dialect Dialect, Guid UserId, string User, string? InputContentType, bool InputComplete, long InputLength,
    string? Note = null);

/// <summary>Written before the last byte of the answer leaves.</summary>
/// <param name="Status">HTTP status answered; 499 when the client had gone.</param>
/// <param name="ErrorCode">Code of the refusal or error; null when it went well.</param>
/// <param name="FromModel">The model itself answered the error.</param>
/// <param name="QueueMicros">Waiting for a replica.</param>
/// <param name="ReplicaMicros">Between the predict frame and the end of its answer.</param>
internal readonly record struct PredictionEnd(
    Guid PredictionId, short Status, string? ErrorCode, bool FromModel, long TotalMicros, long QueueMicros, long ReplicaMicros, byte Attempts, string? OutputContentType,
    bool OutputComplete, long OutputLength);
