namespace Slipway.Contracts;

/// <summary>What a live development deployment serves between two versions.</summary>
/// <param name="Name"><c>draft@</c> and the first 12 digits of the hash of what answers now; history names predictions so.</param>
/// <param name="Hash">Content hash over paths and contents of the newest files; a patch names it as its base.</param>
/// <param name="RunningHash">Of what answers now.</param>
/// <param name="BaseVersion">The version that it began from.</param>
/// <param name="IsFrozen">What answers is just that version: there is nothing to freeze.</param>
/// <param name="Outcome">Of the newest files: applied; failed (the code before goes on answering); stored (they are loaded when a replica starts); pending (a replica is starting).</param>
/// <param name="KeptState">Applied without a new load: what was loaded before is still there. Null: nothing was patched.</param>
/// <param name="Error">Why the newest files do not answer; null: they do, or may yet.</param>
/// <param name="AppliedMs">From taking the patch to the new code answering; null: not patched.</param>
/// <param name="Watched">Somebody watches it, so it is kept warm.</param>
public sealed record DraftInfo(
    string Environment, string Deployment, string Name, string Hash, string RunningHash, int BaseRevision, string Model, int BaseVersion, bool IsFrozen, string Outcome,
    bool? KeptState, DraftErrorInfo? Error, IReadOnlyList<string> LastChanged, DateTimeOffset? PatchedAt, string? PatchedBy, double? AppliedMs, bool Watched,
    IReadOnlyList<VersionFileInfo> Files);

/// <param name="Code">import_failed, load_failed, memory_limit, load_timeout or full_push_required.</param>
/// <param name="Message">Last line of the traceback, or what a running process cannot take.</param>
/// <param name="Traceback">As Python prints it, with the package's own paths; null where there is none.</param>
public sealed record DraftErrorInfo(string Code, string Message, string? Traceback);

/// <summary>Ordered operations on the files of a draft.</summary>
/// <param name="BaseHash">The hash that the operations are made for; another one is 409 <c>stale_draft</c>.</param>
public sealed record PatchDraftRequest(string BaseHash, IReadOnlyList<DraftOperation> Operations);

/// <param name="Op">put or remove.</param>
/// <param name="ContentBase64">put: the whole content of the file.</param>
public sealed record DraftOperation(string Op, string Path, string? ContentBase64 = null);

/// <summary>Makes a version and a revision of what answers now.</summary>
/// <param name="Label">Unique label of the version; null: none.</param>
public sealed record FreezeDraftRequest(string? Label = null, string? Description = null, string? RevisionName = null);

/// <summary>What a deployment shows of its draft.</summary>
/// <param name="Error">The newest files are broken: the code before goes on answering.</param>
public sealed record DraftSummary(string Name, bool IsFrozen, DateTimeOffset? PatchedAt, DraftErrorInfo? Error);
