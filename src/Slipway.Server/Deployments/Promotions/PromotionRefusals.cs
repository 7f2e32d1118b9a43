using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Promotions;

/// <summary>Every way in which promotions and rejections say no.</summary>
internal static class PromotionRefusals
{
    public static Refusal NothingAfter(string environment) => Refusal.Conflict("no_next_environment", $"No environment comes after {environment}, so there is nowhere to promote to.");

    public static Refusal NothingLive(Deployment deployment, string verb) => Refusal.Conflict("nothing_live", $"No revision of {deployment.Path} is live, so there is nothing to {verb}.");

    public static Refusal OnlyFromStaging(Deployment deployment) => Refusal.Conflict(
        "not_in_staging", $"{deployment.Path} is not in staging; only a staging deployment is rejected, back to development.");

    public static Refusal AlreadyThere(Deployment target) => Refusal.Conflict("revision_unchanged", $"This is what {target.Path} already runs; there is nothing to promote.");

    public static Refusal CommentTooLong(int length) => Refusal.Field("comment", $"The comment has {length} characters; at most {Promotion.LongestComment} are kept.");
}
