using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Which rule guards a stage of a model. Whatever changes what is in a stage asks here, on its own transaction; there is no second place.</summary>
internal static class StageGuard
{
    /// <summary>Stages that a rule can protect.</summary>
    public static bool CanProtect(Stage stage) => stage is Stage.Staging or Stage.Production;

    /// <summary>The rule for a stage: the model's own, else that for every model. Null: it is not protected.</summary>
    public static Task<StageProtection?> OfAsync(SlipwayDbContext db, string model, Stage stage, CancellationToken cancellationToken) =>
        db.Set<StageProtection>().Include(p => p.Reviewers)
            .Where(p => p.ProjectId == Project.Default && p.Stage == stage && (p.Model == model || p.Model == StageProtection.EveryModel))
            .OrderByDescending(p => p.Model).FirstOrDefaultAsync(cancellationToken);

    /// <summary>The rule that a move between two stages is under. Where Production is one of them its reviewers decide, else those of the other.</summary>
    public static async Task<StageProtection?> OfMoveAsync(SlipwayDbContext db, string model, Stage from, Stage to, CancellationToken cancellationToken)
    {
        foreach (var stage in new[] { from, to }.Where(CanProtect).Distinct().OrderByDescending(s => s))
        {
            if (await OfAsync(db, model, stage, cancellationToken) is { } rule)
            {
                return rule;
            }
        }

        return null;
    }

    /// <summary>Why versions in these stages cannot be deleted: one of the stages is protected. Null: none is.</summary>
    public static async Task<Refusal?> RefuseDeletionAsync(SlipwayDbContext db, string model, IEnumerable<(int Number, Stage Stage)> versions, CancellationToken cancellationToken)
    {
        foreach (var held in versions.Where(v => CanProtect(v.Stage)).GroupBy(v => v.Stage))
        {
            if (await OfAsync(db, model, held.Key, cancellationToken) is not null)
            {
                return RegistryRefusals.StageProtected(held.First().Number, held.Key);
            }
        }

        return null;
    }
}
