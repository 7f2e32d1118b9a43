namespace Slipway.Contracts;

/// <summary>Where deployments live: its place in the order, who may make something live in it, and what holds for promotions to it.</summary>
/// <param name="Order">Position on the board and in promotion, from 0; a promotion goes to the next one.</param>
/// <param name="Protected">Whether what becomes live here passes the gate: stricter rights, and approval and stage where they are asked for.</param>
/// <param name="Deployments">How many live here.</param>
/// <param name="BuiltIn">development, staging and production: they cannot be deleted or moved.</param>
/// <param name="Approval">Whether what becomes live here is asked for, and decided by a reviewer.</param>
/// <param name="Reviewers">User names, in order.</param>
/// <param name="RequiresStage">Staging or Production: the stage that a model version must be in to become live here; null: any.</param>
/// <param name="MinReplicas">Of a deployment that does not say, here.</param>
/// <param name="MaxReplicas">The same.</param>
/// <param name="Autoscaling">Of a deployment here that does not say, and of one that is promoted to here for the first time; null: none, and what is promoted brings its own.</param>
public sealed record EnvironmentInfo(
    string Name, int Order, bool Protected, int Deployments, bool BuiltIn, bool Approval, IReadOnlyList<string> Reviewers, string? RequiresStage, int MinReplicas,
    int MaxReplicas, PromotionSettingsInfo Promotion, string Etag, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, AutoscalingSettings? Autoscaling);

/// <summary>How a revision becomes live in an environment, and what happens to what it replaces and to where it came from.</summary>
/// <param name="Strategy">rolling, blue_green or canary.</param>
/// <param name="MaxSurgePercent">Rolling: replicas on top of the base at a time, 0 to 50. Exactly one of it and <paramref name="MaxUnavailablePercent"/> is not 0.</param>
/// <param name="MaxUnavailablePercent">Rolling: replicas that may be missing at a time, 0 to 50.</param>
/// <param name="StabilizationSeconds">Rolling: pause after each shift of traffic, 0 to 3600.</param>
/// <param name="OverheadPercent">Rolling: replicas added before the first shift, 0 to 500.</param>
/// <param name="Steps">Canary: percent of traffic at each step, rising; null: ten equal ones.</param>
/// <param name="WindowSeconds">Canary: time for all steps, 1 to 604800.</param>
/// <param name="PreviousCleanup">The revision that was replaced: keep, scale_to_zero or deactivate.</param>
/// <param name="SourceAfterPromotion">The deployment that was promoted from: keep, scale_to_zero or deactivate.</param>
/// <param name="BakeSeconds">How long the gate watches on at 100 % before a rollout has succeeded, 0 to 86400.</param>
/// <param name="Gate">What a candidate is held to where the update does not say; null: the defaults.</param>
public sealed record PromotionSettingsInfo(
    string Strategy, int MaxSurgePercent, int MaxUnavailablePercent, int StabilizationSeconds, int OverheadPercent, IReadOnlyList<int>? Steps, int WindowSeconds,
    string PreviousCleanup, string SourceAfterPromotion, int BakeSeconds = 0, RolloutGateSettings? Gate = null);

/// <summary>Changes of <see cref="PromotionSettingsInfo"/>; absent members stay as they are. An empty list of steps means ten equal ones; a gate replaces the one before, and an empty one means the defaults.</summary>
public sealed record PromotionSettingsRequest(
    string? Strategy = null, int? MaxSurgePercent = null, int? MaxUnavailablePercent = null, int? StabilizationSeconds = null, int? OverheadPercent = null,
    IReadOnlyList<int>? Steps = null, int? WindowSeconds = null, string? PreviousCleanup = null, string? SourceAfterPromotion = null,
    int? BakeSeconds = null, RolloutGateSettings? Gate = null);

/// <summary>Makes an environment.</summary>
/// <param name="Name">1 to 40 lower-case letters, digits and hyphens, the first no hyphen; no user may have it.</param>
/// <param name="After">The environment that comes before it in the order; null: the one before production.</param>
public sealed record CreateEnvironmentRequest(
    string Name, string? After = null, bool? Protected = null, bool? Approval = null, IReadOnlyList<string>? Reviewers = null, string? RequiresStage = null,
    int? MinReplicas = null, int? MaxReplicas = null, PromotionSettingsRequest? Promotion = null, AutoscalingRequest? Autoscaling = null);

/// <summary>Changes an environment. Absent members stay as they are; an empty <c>requires_stage</c> takes it away.</summary>
/// <param name="Autoscaling">Absent members stay as they are; an empty one takes all of it away. It has no bounds: those are the environment's.</param>
public sealed record UpdateEnvironmentRequest(
    string? After = null, bool? Protected = null, bool? Approval = null, IReadOnlyList<string>? Reviewers = null, string? RequiresStage = null,
    int? MinReplicas = null, int? MaxReplicas = null, PromotionSettingsRequest? Promotion = null, AutoscalingRequest? Autoscaling = null);
