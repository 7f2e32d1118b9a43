using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>The one place where "may this actor do that" is answered.</summary>
internal static class Authorize
{
    /// <summary>Null: allowed. Else 403 that names the missing right.</summary>
    /// <param name="project">The project of the thing; there is one so far, and everybody is in it.</param>
    /// <param name="ownerId">Owner of the thing. Null: it has none, and a right on "own" things does not reach it.</param>
    public static Refusal? Check(Actor actor, Right right, Guid project, Guid? ownerId = null)
    {
        if (project != Project.Default || !Rights.ScopesAllow(actor.Scopes, right))
        {
            return IdentityRefusals.MissingScope(actor, right);
        }

        return Rights.Of(actor.Role, right) switch
        {
            Grant.Yes => null,
            Grant.Own when ownerId == actor.UserId => null,
            Grant.Own => IdentityRefusals.NotTheOwner(actor, right),
            Grant.Designated => null,   // the approval knows its reviewers
            _ => IdentityRefusals.MissingRight(actor, right),
        };
    }

    /// <summary>For operations on things that have an owner: the right in full, or on one's own.</summary>
    public static Refusal? OwnOr(Actor actor, Right right, Guid ownerId) => Check(actor, right, Project.Default, ownerId);

    /// <summary>Deleting a deployment or version: an Analyst's own, and only outside production.</summary>
    public static Refusal? Delete(Actor actor, Guid ownerId, bool inProduction) =>
        Check(actor, Right.Delete, Project.Default, inProduction ? null : ownerId);

    /// <summary>The gate's question, before the thing is known: whether the right is there at all. "Own" passes and the operation asks again.</summary>
    internal static Refusal? AtGate(Actor actor, Right right) => Check(actor, right, Project.Default, actor.UserId);
}
