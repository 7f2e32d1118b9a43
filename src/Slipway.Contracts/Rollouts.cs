namespace Slipway.Contracts;

/// <summary>How a rollout moves traffic. Absent members are taken from the environment (the strategy first from the deployment), else they have their defaults.</summary>
/// <param name="Strategy">rolling (default), blue_green or canary; recreate of a live deployment, where nobody can choose.</param>
/// <param name="MaxSurgePercent">Rolling: replicas of the candidate on top of the base at a time, 0 to 50; default 10. Exactly one of it and <paramref name="MaxUnavailablePercent"/> is not 0.</param>
/// <param name="MaxUnavailablePercent">Rolling: replicas of the previous revision that may go before the candidate's come, 0 to 50; default 0.</param>
/// <param name="StabilizationSeconds">Rolling: pause after each shift of traffic, 0 to 3600; default 0.</param>
/// <param name="OverheadPercent">Rolling: replicas of the previous revision that are added before the first shift, 0 to 500; default 0.</param>
/// <param name="Steps">Canary: percent of traffic at each step, rising, 1 to 100; a last step of 100 is added. Null: ten equal ones.</param>
/// <param name="WindowSeconds">Canary: time for all steps together, 1 to 604800; default 600.</param>
/// <param name="BakeSeconds">How long the gate watches on at 100 % before the rollout has succeeded, 0 to 86400; default 0.</param>
/// <param name="PreviousCleanup">The revision that was replaced: keep, scale_to_zero (default) or deactivate.</param>
/// <param name="ProgressDeadlineSeconds">The rollout fails when builds and replicas have made no progress for so long, 1 to 86400; default: the server's, 600.</param>
public sealed record RolloutSettings(
    string? Strategy = null, int? MaxSurgePercent = null, int? MaxUnavailablePercent = null, int? StabilizationSeconds = null, int? OverheadPercent = null,
    IReadOnlyList<int>? Steps = null, int? WindowSeconds = null, int? BakeSeconds = null, string? PreviousCleanup = null, int? ProgressDeadlineSeconds = null,
    RolloutGateSettings? Gate = null);

/// <summary>What the candidate is held to. What counts as failed: 502, 504, a replica's 503 and a model's 5xx; requests of people and of the SDK.</summary>
/// <param name="MaxErrorRate">Highest share of failed requests, 0 to 1; null: only what the comparison allows.</param>
/// <param name="MaxP95Ms">Highest 95th percentile of the latency, above 0; null: only what the comparison allows.</param>
/// <param name="MaxErrorRateIncrease">How far the share may be above that of the previous revision in the same window, 0 to 1; default 0.05.</param>
/// <param name="MaxP95Ratio">How many times the previous revision's p95 the candidate's may be, at least 1; default 2. A difference below 100 ms is never too much.</param>
/// <param name="MinRequests">Requests that a side needs before anything is concluded, 1 to 1000000; default 20.</param>
/// <param name="WaitSeconds">How long a step waits for so many before the rollout pauses, 0 to 86400; default 300. Only a canary waits, and a rollout with a maximum above.</param>
public sealed record RolloutGateSettings(
    double? MaxErrorRate = null, double? MaxP95Ms = null, double? MaxErrorRateIncrease = null, double? MaxP95Ratio = null, int? MinRequests = null,
    int? WaitSeconds = null);

/// <summary>A movement of traffic to a target revision, with all its steps.</summary>
/// <param name="Strategy">rolling, blue_green, canary or recreate.</param>
/// <param name="Status">RELEASING, RAMPING_UP, PAUSED, RAMPING_DOWN, SUCCEEDED, FAILED or CANCELED.</param>
/// <param name="PercentTrafficToNewVersion">0 to 100.</param>
/// <param name="ErrorCode">Why it failed, from the closed list of reasons.</param>
/// <param name="PausedReason">person or no_evidence; null unless paused.</param>
/// <param name="Actions">What may be done now: pause, resume, cancel, force-cancel, force-complete, retry, cleanup.</param>
/// <param name="NextStepAt">When what it waits for by the clock is over: a canary's step, stabilization, bake time; null: it waits for something else.</param>
/// <param name="Previous">The side of the revision that was live; null for the first rollout of a deployment.</param>
/// <param name="Candidate">The side of the target.</param>
/// <param name="Notes">What to know of the target revision, in sentences: such as a variant whose config.yaml asks for other resources than it has.</param>
/// <param name="WaitingFor">What has to happen for it to go on; null: time or a person, or it has just moved.</param>
/// <param name="PreviousKept">Whether the replaced revision's replicas are kept for a quick way back.</param>
public sealed record RolloutInfo(
    string Id, string Strategy, string Status, int? FromRevision, int ToRevision, int PercentTrafficToNewVersion, string? ErrorCode, string? ErrorMessage,
    string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, IReadOnlyList<RolloutStepInfo> Steps, string Environment, string Deployment,
    RolloutSettings Settings, string? PausedReason, IReadOnlyList<string> Actions, DateTimeOffset? NextStepAt, RolloutSideInfo? Previous, RolloutSideInfo Candidate,
    bool PreviousKept, IReadOnlyList<string> Notes, RolloutWaitInfo? WaitingFor = null);

/// <param name="Reason">build, replicas or insufficient_capacity: this machine has no memory for another replica now.</param>
/// <param name="Message">A sentence that says what could be done, too.</param>
/// <param name="Until">The progress deadline: then the rollout fails.</param>
public sealed record RolloutWaitInfo(string Reason, string Message, DateTimeOffset Until);

/// <param name="By">Who did it; null: the rollout itself.</param>
/// <param name="Evidence">What had been seen since the shift of traffic before it, where the step was decided on that.</param>
public sealed record RolloutStepInfo(
    int Number, string Status, string What, int PercentTrafficToNewVersion, DateTimeOffset At, string? By, RolloutEvidenceInfo? Evidence);

/// <summary>One side of a rollout, now.</summary>
/// <param name="ReplicasReady">Of the sets that the other side does not share.</param>
/// <param name="Window">What it answered since the last shift of traffic; at the end, in the last window.</param>
/// <param name="Total">What it answered since the rollout began.</param>
/// <param name="Before">Of the previous revision: what it answered in the minute before the rollout, where both never answered together and the target is held against that; else null.</param>
public sealed record RolloutSideInfo(
    int Revision, int ReplicasReady, int ReplicasWanted, RolloutMeasureInfo Window, RolloutMeasureInfo Total, RolloutMeasureInfo? Before = null);

/// <param name="ErrorRate">0 to 1; null without requests.</param>
public sealed record RolloutMeasureInfo(long Requests, long Failures, double? ErrorRate, double? P95Ms);

/// <summary>What a gate saw between two instants, and what it concluded.</summary>
/// <param name="Verdict">pass, fail or inconclusive.</param>
/// <param name="Before">What the previous revision answered in the minute before the rollout, where it was compared with that; else null.</param>
public sealed record RolloutEvidenceInfo(
    DateTimeOffset From, DateTimeOffset To, RolloutMeasureInfo Candidate, RolloutMeasureInfo Previous, string Verdict, string What, RolloutMeasureInfo? Before = null);

/// <summary>Answer to a retry of a deployment.</summary>
/// <param name="Reason">Why nothing was retried; null where something was.</param>
/// <param name="Deployment">As it is now; <c>rollout</c> is the new one, where the last had failed.</param>
public sealed record RetryDeploymentInfo(bool Retried, string? Reason, DeploymentInfo Deployment);

/// <summary>Answer to a retry of a rollout.</summary>
/// <param name="Reason">Why nothing was retried; null where something was.</param>
/// <param name="Rollout">The new rollout.</param>
public sealed record RetryRolloutInfo(bool Retried, string? Reason, RolloutInfo? Rollout);
