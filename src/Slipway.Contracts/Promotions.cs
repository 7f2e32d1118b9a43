namespace Slipway.Contracts;

/// <summary>Takes the live revision to the same-named deployment of the next environment.</summary>
/// <param name="Comment">Why; for the ledger and for reviewers. At most 5,000 characters.</param>
public sealed record PromoteRequest(string? Comment = null);

/// <summary>Takes a staging deployment back to development.</summary>
/// <param name="Comment">Why; for the ledger. At most 5,000 characters.</param>
public sealed record RejectDeploymentRequest(string? Comment = null);

/// <summary>What a promotion has started.</summary>
/// <param name="Environment">Where it goes.</param>
/// <param name="Rollout">The rollout there.</param>
public sealed record PromotedInfo(string Environment, string Name, RolloutInfo Rollout);

/// <summary>A promotion or rejection, as the ledger keeps it.</summary>
/// <param name="Kind">promoted or rejected.</param>
/// <param name="From">Environment of the source.</param>
/// <param name="Revision">Number of the revision in the source.</param>
/// <param name="ToRevision">Its number in the target; null: a rejection brought none.</param>
/// <param name="SourceAfterPromotion">keep, scale_to_zero or deactivate: what happens to the source once the rollout has succeeded.</param>
/// <param name="Outcome">pending, done or superseded.</param>
public sealed record PromotionInfo(
    string Kind, string From, string To, string Name, int Revision, int? ToRevision, string? SourceAfterPromotion, string Outcome, string? Comment, string By, DateTimeOffset At);
