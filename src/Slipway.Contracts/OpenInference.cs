namespace Slipway.Contracts;

/// <summary>Server metadata of the Open Inference Protocol v2.</summary>
/// <param name="Extensions">Names of the protocol's extensions that are spoken.</param>
public sealed record InferenceServerInfo(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>Whether the server lives.</summary>
public sealed record InferenceLiveInfo(bool Live);

/// <summary>Whether the server takes requests.</summary>
public sealed record InferenceReadyInfo(bool Live, bool Ready);

/// <summary>Metadata of a model, which is a deployment here.</summary>
/// <param name="Versions">Numbers of the model versions that are live in it.</param>
/// <param name="Platform"><c>onnx_onnxv1</c>, or the runtime's name.</param>
/// <param name="Inputs">Empty: the package does not say.</param>
public sealed record InferenceModelInfo(
    string Name, IReadOnlyList<string> Versions, string Platform, IReadOnlyList<InferenceTensorInfo> Inputs, IReadOnlyList<InferenceTensorInfo> Outputs);

/// <summary>A tensor that a model takes or gives.</summary>
/// <param name="Datatype">BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64, BF16 or BYTES.</param>
/// <param name="Shape">-1: any size.</param>
public sealed record InferenceTensorInfo(string Name, string Datatype, IReadOnlyList<long> Shape);

/// <summary>Whether a model takes requests.</summary>
public sealed record InferenceModelReadyInfo(string Name, bool Ready);

/// <summary>The statistics extension's answer.</summary>
public sealed record InferenceStatistics(IReadOnlyList<InferenceModelStatistics> ModelStats);

/// <summary>What came of one version's requests, since this server started.</summary>
/// <param name="LastInference">Milliseconds since 1970; 0: none yet.</param>
/// <param name="InferenceCount">Requests answered well.</param>
/// <param name="ExecutionCount">Runs of the model, as its replicas told last: fewer than requests where several shared a run.</param>
public sealed record InferenceModelStatistics(string Name, string Version, long LastInference, long InferenceCount, long ExecutionCount, InferenceDurations InferenceStats);

/// <param name="Success">Requests answered with a status below 400, from first byte to last.</param>
/// <param name="Fail">All others.</param>
/// <param name="Queue">Time that requests, all of them, waited for a replica.</param>
/// <param name="ComputeInfer">Time that they were on replicas.</param>
public sealed record InferenceDurations(InferenceDuration Success, InferenceDuration Fail, InferenceDuration Queue, InferenceDuration ComputeInfer);

/// <param name="Ns">Sum of all, nanoseconds.</param>
public sealed record InferenceDuration(long Count, long Ns);
