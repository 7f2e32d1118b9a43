namespace Slipway.Contracts;

/// <summary>A protected stage: moving a version into it or out of it needs an approval.</summary>
/// <param name="Model">Whose stage; null: that of every model that has no rule of its own.</param>
/// <param name="Stage">Staging or Production.</param>
/// <param name="Reviewers">Users who may approve, in order; those who may not act any more are left out.</param>
/// <param name="Approvals">How many approvals a change needs: 1.</param>
public sealed record StageProtectionInfo(string? Model, string Stage, IReadOnlyList<string> Reviewers, int Approvals, string UpdatedBy, DateTimeOffset UpdatedAt);

/// <summary>Protects a stage, or names other reviewers for it.</summary>
/// <param name="Reviewers">Names of 1 to 50 users.</param>
/// <param name="Approvals">How many approvals a change needs; only 1 so far.</param>
public sealed record ProtectStageRequest(IReadOnlyList<string> Reviewers, int Approvals = 1);
