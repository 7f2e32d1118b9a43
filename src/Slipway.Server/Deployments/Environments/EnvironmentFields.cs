using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Environments;

/// <summary>The fields of an environment, checked together so that a form shows all that is wrong at once, and then set.</summary>
internal static partial class EnvironmentFields
{
    private const int MostReviewers = 50;

    public static bool IsName(string? name) => name is not null && NamePattern().IsMatch(name);

    /// <summary>Sets what the request says; what it leaves out stays.</summary>
    /// <returns>Null, or <c>invalid_field</c>; then nothing was set.</returns>
    public static async Task<Refusal?> ApplyAsync(
        SlipwayDbContext db, DeploymentEnvironment environment, UpdateEnvironmentRequest request, DeploymentLimits limits, CancellationToken cancellationToken)
    {
        var fields = new DeploymentFields(limits);
        var isProtected = request.Protected ?? environment.Protected;
        var approval = request.Approval ?? environment.Approval;
        var reviewers = request.Reviewers is null ? environment.Reviewers : [.. request.Reviewers.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var stage = StageOf(fields, environment, request.RequiresStage);
        var (min, max) = (request.MinReplicas ?? environment.MinReplicas ?? 1, request.MaxReplicas ?? environment.MaxReplicas ?? Math.Max(1, request.MinReplicas ?? 1));
        fields.Replicas(min, max);
        if (!isProtected)
        {
            Unprotected(fields, environment, approval, stage);
        }

        await ReviewersAsync(db, fields, reviewers, approval, cancellationToken);
        var promotion = PromotionOf(fields, environment.Promotion, request.Promotion);
        var scaling = ScalingOf(fields, environment.Scaling, request.Autoscaling);
        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        (environment.Protected, environment.Approval, environment.Reviewers, environment.RequiresStage) = (isProtected, approval, reviewers, stage);
        (environment.MinReplicas, environment.MaxReplicas, environment.Promotion, environment.Scaling) = (min, max, promotion, scaling);
        return null;
    }

    private static Stage? StageOf(DeploymentFields fields, DeploymentEnvironment environment, string? text)
    {
        switch (text)
        {
            case null:
                return environment.RequiresStage;
            case "":
                return null;
        }

        if (Stages.Parse(text) is Stage.Staging or Stage.Production)
        {
            return Stages.Parse(text);
        }

        fields.Wrong("requires_stage", "requires_stage is Staging or Production; an empty text asks for none.");
        return null;
    }

    private static void Unprotected(DeploymentFields fields, DeploymentEnvironment environment, bool approval, Stage? stage)
    {
        if (environment.Name == DeploymentEnvironment.Production)
        {
            fields.Wrong("protected", "production is always protected.");
        }

        if (approval)
        {
            fields.Wrong("approval", "Only a protected environment asks for approval: protect it, or turn approval off.");
        }

        if (stage is not null)
        {
            fields.Wrong("requires_stage", "Only a protected environment asks for a stage: protect it, or take requires_stage away with an empty text.");
        }
    }

    private static async Task ReviewersAsync(
        SlipwayDbContext db, DeploymentFields fields, List<string> reviewers, bool approval, CancellationToken cancellationToken)
    {
        if (reviewers.Count > MostReviewers)
        {
            fields.Wrong("reviewers", $"An environment has at most {MostReviewers} reviewers.");
            return;
        }

        if (approval && reviewers.Count == 0)
        {
            fields.Wrong("reviewers", "Approval needs somebody who decides: name at least one reviewer.");
        }

        var known = await db.Set<User>().Where(u => reviewers.Contains(u.Name) && u.DeletedAt == null).Select(u => u.Name).ToListAsync(cancellationToken);
        if (reviewers.Except(known, StringComparer.Ordinal).ToList() is { Count: > 0 } unknown)
        {
            fields.Wrong("reviewers", $"There is no user {string.Join(", ", unknown)}.");
        }
    }

    private static ScalingSettings? ScalingOf(DeploymentFields fields, ScalingSettings? now, AutoscalingRequest? request)
    {
        if (request is null || request == new AutoscalingRequest())
        {
            return request is null ? now : null;
        }

        var part = new DeploymentFields(fields.Limits);
        foreach (var (field, value) in new[] { ("min_replicas", request.MinReplicas), ("max_replicas", request.MaxReplicas) })
        {
            if (value is not null)
            {
                part.Wrong(field, $"Bounds are the environment's own; give {field} beside autoscaling.");
            }
        }

        if (request.Variants is not null)
        {
            part.Wrong("variants", "An environment knows no variants; their bounds are settings of a deployment.");
        }

        var wanted = part.Scaling(now ?? ScalingSettings.Default, request);
        fields.Within("autoscaling", part);
        return wanted;
    }

    private static PromotionSettings PromotionOf(DeploymentFields fields, PromotionSettings now, PromotionSettingsRequest? request)
    {
        if (request is null)
        {
            return now;
        }

        var wanted = now with
        {
            Strategy = Choice(fields, "strategy", request.Strategy, now.Strategy),
            MaxSurgePercent = Number(fields, "max_surge_percent", request.MaxSurgePercent, now.MaxSurgePercent, 0, 50),
            MaxUnavailablePercent = Number(fields, "max_unavailable_percent", request.MaxUnavailablePercent, now.MaxUnavailablePercent, 0, 50),
            StabilizationSeconds = Number(fields, "stabilization_seconds", request.StabilizationSeconds, now.StabilizationSeconds, 0, 3600),
            OverheadPercent = Number(fields, "overhead_percent", request.OverheadPercent, now.OverheadPercent, 0, 500),
            Steps = Steps(fields, request.Steps, now.Steps),
            WindowSeconds = Number(fields, "window_seconds", request.WindowSeconds, now.WindowSeconds, 1, 604_800),
            PreviousCleanup = Choice(fields, "previous_cleanup", request.PreviousCleanup, now.PreviousCleanup),
            SourceAfterPromotion = Choice(fields, "source_after_promotion", request.SourceAfterPromotion, now.SourceAfterPromotion),
            BakeSeconds = Number(fields, "bake_seconds", request.BakeSeconds, now.BakeSeconds, 0, 86_400),
            Gate = request.Gate is null ? now.Gate : request.Gate == new RolloutGateSettings() ? null : request.Gate,
        };
        foreach (var (field, message) in RolloutSettingsRules.Check(new RolloutSettings(Gate: request.Gate)))
        {
            fields.Wrong($"promotion.{field}", message);
        }

        if (wanted.MaxSurgePercent == 0 == (wanted.MaxUnavailablePercent == 0))
        {
            fields.Wrong(
                "promotion.max_surge_percent",
                $"Exactly one of max_surge_percent ({wanted.MaxSurgePercent}) and max_unavailable_percent ({wanted.MaxUnavailablePercent}) is above 0; set the other one to 0.");
        }

        return wanted;
    }

    private static IReadOnlyList<int>? Steps(DeploymentFields fields, IReadOnlyList<int>? steps, IReadOnlyList<int>? now)
    {
        if (steps is null)
        {
            return now;
        }

        if (steps.Count > 50 || steps.Any(s => s is < 1 or > 100) || steps.Zip(steps.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            fields.Wrong("promotion.steps", "steps are up to 50 percentages from 1 to 100, each above the one before it; an empty list means ten equal ones.");
        }

        return steps.Count == 0 ? null : steps;
    }

    private static int Number(DeploymentFields fields, string field, int? value, int now, int least, int most)
    {
        if (value < least || value > most)
        {
            fields.Wrong($"promotion.{field}", $"{field} is a whole number from {least} to {most}.");
        }

        return value ?? now;
    }

    private static T Choice<T>(DeploymentFields fields, string field, string? word, T now)
        where T : struct, Enum
    {
        if (word is null)
        {
            return now;
        }

        if (PromotionSettings.Parse<T>(word) is { } choice)
        {
            return choice;
        }

        fields.Wrong($"promotion.{field}", $"{field} is one of {string.Join(", ", Enum.GetValues<T>().Select(PromotionSettings.Word))}.");
        return now;
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,39}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
