namespace Slipway.Server.Rollouts;

/// <summary>The one next step of a rollout.</summary>
internal abstract record NextStep;

/// <summary>Nothing to do until the facts change.</summary>
/// <param name="ForProgress">Builds or replicas are waited for, and only until the progress deadline.</param>
/// <param name="ForRoom">This machine has no memory for another replica.</param>
internal sealed record WaitStep(bool ForProgress = false, bool ForRoom = false) : NextStep;

/// <summary>New shares of traffic and of replicas.</summary>
/// <param name="Weight">Share of the target in new traffic, 0 to 10,000.</param>
/// <param name="FromShare">See <see cref="Rollout.FromShare"/>.</param>
internal sealed record MoveStep(RolloutStatus Status, int Weight, int? FromShare, int ToShare, string What) : NextStep;

/// <summary>The target becomes the live revision.</summary>
internal sealed record FinishStep(string What) : NextStep;

/// <summary>The live revision keeps everything; the new sets go.</summary>
/// <param name="Code">One of <see cref="Deployments.Reasons"/>.</param>
/// <param name="Gently">The candidate does no harm: traffic goes back as the replicas of the previous revision come back.</param>
internal sealed record FailStep(string Code, string Message, bool Gently = false) : NextStep;

/// <summary>All traffic is back after a cancel or a gentle failure.</summary>
internal sealed record ReturnedStep(string What) : NextStep;

/// <summary>Nobody can say whether the candidate is good.</summary>
internal sealed record PauseStep(string What) : NextStep;
