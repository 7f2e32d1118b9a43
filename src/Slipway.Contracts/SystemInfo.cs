namespace Slipway.Contracts;

/// <summary>What this server is and what its machine offers.</summary>
/// <param name="Isolation">Which isolation is in force for model code, in words.</param>
/// <param name="Limits">Limit (memory, cpu, processes) to enforced, advisory or unsupported, with the mechanism.</param>
/// <param name="Hosted">Models inside the gateway's process.</param>
/// <param name="BaseImages">Base image names this machine can build for.</param>
public sealed record SystemStatus(
    string Version, string Database, DateTimeOffset StartedAt, long Epoch, int CpuCount, long MemoryBytes, long DiskFreeBytes, long HistoryBytes, long HistoryDropped,
    string Isolation, IReadOnlyList<LimitSupport> Limits, IReadOnlyList<BaseImageInfo> BaseImages, IReadOnlyDictionary<string, string> Addresses,
    HostedModelsInfo Hosted);

/// <summary>Models that run inside the gateway's process (placement gateway).</summary>
/// <param name="Bytes">What they take there, about.</param>
/// <param name="LimitBytes">What they may take together; one more is refused.</param>
public sealed record HostedModelsInfo(int Models, long Bytes, long LimitBytes);

public sealed record LimitSupport(string Limit, string Support, string Mechanism);

public sealed record BaseImageInfo(string Name, string Runtime, string? Interpreter, string? Version, bool Usable, string? Problem);

/// <summary>Something changed; server-sent on <c>/api/v1/events</c>. Ask again for what it names.</summary>
/// <param name="Kind">deployment, rollout, replica, model, version, build, prediction, user, key, approval, notification, webhook, secret.</param>
/// <param name="Resource">Path of the thing below /api/v1, for example <c>deployments/production/iris</c>.</param>
public sealed record ServerEvent(long Sequence, string Kind, string Resource, DateTimeOffset At);

/// <summary>One finding of <c>verify</c>.</summary>
/// <param name="Kind">corrupt_blob, missing_blob, orphan_blob, audit_broken, bad_reference.</param>
public sealed record VerifyFinding(string Kind, string What, string Detail);

public sealed record VerifyReport(bool Ok, int BlobsChecked, long BytesChecked, int AuditEntriesChecked, IReadOnlyList<VerifyFinding> Findings);

/// <summary>One route and the rule that guards it.</summary>
/// <param name="Right">The right that its caller needs, as in docs/rights.md; null on open routes.</param>
/// <param name="OpenBecause">Why anybody may call it; null elsewhere. Both null: nobody may.</param>
public sealed record RouteInfo(string Method, string Path, string? Right, string? OpenBecause);
