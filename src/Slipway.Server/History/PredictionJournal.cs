namespace Slipway.Server.History;

/// <summary>Who asked: live and sdk count in gates and analytics, the others do not.</summary>
internal enum Origin : byte
{
    Live,
    Ui,
    Sdk,
    Simulator,
    Shadow,
    Rehearsal,
}

/// <summary>The language of the request.</summary>
internal enum Dialect : byte
{
    Promote,
    Invocations,
    OpenInference,
    OpenAi,
    Orq,
    MLflow,
}

/// <summary>What one (deployment, revision, variant) is called; written once per segment and named by number in records.</summary>
internal sealed record RouteLabel(
    Guid DeploymentId, string Environment, string Deployment, Guid OwnerId, Guid RevisionId, int Revision, string Variant, string Model, int ModelVersion);

/// <summary>Written before the first byte of the answer leaves.</summary>
/// <param name="InputComplete">False: <c>input</c> is only the beginning of the body.</param>
/// <param name="InputLength">Whole length of the body in bytes, as far as it is known.</param>
internal readonly record struct PredictionBegin(
    Guid PredictionId, long ReceivedUtcTicks, Origin Origin, Dialect Dialect, Guid UserId, string User, string? InputContentType, bool InputComplete, long InputLength);

/// <summary>Written before the last byte of the answer leaves.</summary>
/// <param name="Status">HTTP status answered; 499 when the client had gone.</param>
/// <param name="ErrorCode">Code of the refusal or error; null when it went well.</param>
/// <param name="FromModel">The model itself answered the error.</param>
/// <param name="QueueMicros">Waiting for a replica.</param>
/// <param name="ReplicaMicros">Between the predict frame and the end of its answer.</param>
internal readonly record struct PredictionEnd(
    Guid PredictionId, short Status, string? ErrorCode, bool FromModel, long TotalMicros, long QueueMicros, long ReplicaMicros, byte Attempts, string? OutputContentType,
    bool OutputComplete, long OutputLength);

/// <summary>
/// The memory-mapped journal: the request path's only door to history. Both calls copy and return (a few microseconds, no syscall, no lock held by others); when the
/// journal is full payloads are dropped first, then records, counted, and never a request.
/// </summary>
internal sealed class PredictionJournal
{
    /// <summary>Records dropped since the start: payloads, whole records.</summary>
    public (long Payloads, long Records) Dropped => (0, 0);

    public void Begin(RouteLabel route, in PredictionBegin begin, ReadOnlySpan<byte> input) => throw new NotImplementedException();

    public void End(RouteLabel route, in PredictionEnd end, ReadOnlySpan<byte> output) => throw new NotImplementedException();
}
