namespace Slipway.Contracts;

/// <summary>A time in which a revision was live.</summary>
/// <param name="Until">Null: it still is.</param>
public sealed record LivePeriodInfo(DateTimeOffset From, DateTimeOffset? Until);

/// <summary>Goes back to an earlier revision.</summary>
/// <param name="Revision">Null: the one that was live before the live one.</param>
/// <param name="Comment">Why, for reviewers where the environment asks for approval and nobody has approved the revision there yet. At most 5,000 characters.</param>
public sealed record RollbackRequest(int? Revision = null, string? Comment = null);

/// <summary>How a kept revision is made live again.</summary>
/// <param name="Rollout">What it leaves out the environment says.</param>
/// <param name="Comment">Why, for reviewers where the environment asks for approval and nobody has approved the revision there yet. At most 5,000 characters.</param>
public sealed record RedeployRequest(RolloutSettings? Rollout = null, string? Comment = null);

/// <summary>Builds what is live once more.</summary>
/// <param name="Comment">Why, for reviewers where the environment asks for approval. At most 5,000 characters.</param>
public sealed record RebuildRequest(string? Comment = null);

/// <summary>Changes what is cosmetic of a revision. Absent members stay as they are.</summary>
/// <param name="Name">1 to 128 letters, digits, dots, underscores or hyphens.</param>
public sealed record UpdateRevisionRequest(string? Name = null, IReadOnlyDictionary<string, string>? Labels = null);
