using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Protects stages and takes the protection away; requests that are pending follow the rule as it then is.</summary>
internal sealed class ProtectStage(Writes writes, SettleApprovals approvals, FindProtections find, AuditLog audit, TimeProvider time)
{
    /// <param name="model">Null: every model that has no rule of its own.</param>
    /// <returns>The rule, <c>invalid_field</c>, <c>model_not_found</c>, <c>user_not_found</c> or <c>user_disabled</c>.</returns>
    public async Task<Result<StageProtectionInfo>> SetAsync(string? model, string stageName, ProtectStageRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (Check(stageName, request) is { } refusal)
        {
            return refusal;
        }

        var stage = Stages.Parse(stageName)!.Value;
        var set = await writes.RunAsync<Guid>(
            async (db, token) =>
            {
                if (model is not null && await FindModels.IdAsync(db, model, token) is null)
                {
                    return RegistryRefusals.ModelNotFound(model);
                }

                var reviewers = await UserNames.FindAsync(db, request.Reviewers, token);
                if (reviewers.Refusal is { } unknown)
                {
                    return unknown;
                }

                var (now, key) = (time.GetUtcNow(), model ?? StageProtection.EveryModel);
                var rule = await RuleAsync(db, key, stage, token);
                var before = rule is null ? null : await DescribeAsync(db, rule, token);
                if (rule is null)
                {
                    rule = new StageProtection { Id = Guid.CreateVersion7(now), ProjectId = Project.Default, Model = key, Stage = stage, UpdatedBy = by.Name };
                    db.Add(rule);
                }

                (rule.UpdatedAt, rule.UpdatedBy) = (now, by.Name);
                rule.Reviewers.RemoveAll(r => !reviewers.Value.Contains(r.UserId));
                rule.Reviewers.AddRange(reviewers.Value.Except(rule.ReviewerIds).Select(id => new StageReviewer { ProtectionId = rule.Id, UserId = id }).ToList());
                await db.SaveChangesAsync(token);
                await FollowAsync(db, by, token);
                Record(db, by, "stage.protected", key, stage, before, await DescribeAsync(db, rule, token));
                return rule.Id;
            },
            cancellationToken);
        return set.IsRefused ? set.Refusal! : await find.OneAsync(set.Value, cancellationToken);
    }

    /// <returns>Done, <c>invalid_field</c>, <c>model_not_found</c> or <c>protection_not_found</c>.</returns>
    public Task<Result> RemoveAsync(string? model, string stageName, Actor by, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            if (Stages.Parse(stageName) is not { } stage || !StageGuard.CanProtect(stage))
            {
                return RegistryRefusals.CannotProtect();
            }

            // The rule of a model that is gone can be taken away too.
            if (await RuleAsync(db, model ?? StageProtection.EveryModel, stage, token) is not { } rule)
            {
                return model is not null && await FindModels.IdAsync(db, model, token) is null ? RegistryRefusals.ModelNotFound(model) : RegistryRefusals.NotProtected(stage);
            }

            var before = await DescribeAsync(db, rule, token);
            db.Remove(rule);
            await db.SaveChangesAsync(token);
            await FollowAsync(db, by, token);
            Record(db, by, "stage.unprotected", rule.Model, stage, before, null);
            return Result.Done;
        },
        cancellationToken);

    private static Refusal? Check(string stageName, ProtectStageRequest request)
    {
        if (Stages.Parse(stageName) is not { } stage || !StageGuard.CanProtect(stage))
        {
            return RegistryRefusals.CannotProtect();
        }

        if (request.Reviewers.Count is 0 or > StageProtection.MostReviewers || request.Reviewers.Distinct(StringComparer.Ordinal).Count() != request.Reviewers.Count)
        {
            return RegistryRefusals.BadReviewers();
        }

        return request.Approvals == 1 ? null : RegistryRefusals.BadApprovals();
    }

    private static Task<StageProtection?> RuleAsync(SlipwayDbContext db, string model, Stage stage, CancellationToken cancellationToken) =>
        db.Set<StageProtection>().Include(p => p.Reviewers).SingleOrDefaultAsync(p => p.ProjectId == Project.Default && p.Model == model && p.Stage == stage, cancellationToken);

    // A pending request gets the reviewers of the rule that it is under now; under none, there is nothing left to approve.
    private async Task FollowAsync(SlipwayDbContext db, Actor by, CancellationToken cancellationToken)
    {
        foreach (var approval in await approvals.PendingAsync(db, StageApproval.KindName, cancellationToken))
        {
            var version = await db.Set<ModelVersion>().Where(v => v.Id == approval.SubjectId)
                .Join(db.Set<RegisteredModel>(), v => v.ModelId, m => m.Id, (v, m) => new { v.Stage, m.Name }).SingleAsync(cancellationToken);
            if (await StageGuard.OfMoveAsync(db, version.Name, version.Stage, Stages.Parse(approval.To)!.Value, cancellationToken) is { } rule)
            {
                await approvals.ReassignAsync(db, approval, rule.ReviewerIds, cancellationToken);
            }
            else
            {
                await approvals.CloseAsync(db, StageApproval.KindName, [approval.SubjectId], "the stage is not protected any more; make the transition directly.", by, cancellationToken);
            }
        }
    }

    private void Record(SlipwayDbContext db, Actor by, string action, string model, Stage stage, string? before, string? after)
    {
        audit.Record(db, by, action, "stage", model.Length == 0 ? $"{stage}" : $"{model}/{stage}", before, after);
        db.Changed("model", model.Length == 0 ? "models" : $"models/{model}");
    }

    private static async Task<string> DescribeAsync(SlipwayDbContext db, StageProtection rule, CancellationToken cancellationToken) => JsonSerializer.Serialize(
        new Dictionary<string, string> { ["reviewers"] = string.Join(", ", (await UserNames.WhoMayActAsync(db, rule.ReviewerIds, cancellationToken)).Select(r => r.Name)) },
        ContractsJson.Default.DictionaryStringString);
}
