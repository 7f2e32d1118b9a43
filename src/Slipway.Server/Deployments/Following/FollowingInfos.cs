using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Deployments.Approving;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Following;

/// <summary>How a deployment stands to the name that it was chosen by.</summary>
internal static class FollowingInfos
{
    public static string OnMove(FollowedName name) => name.Supersedes ? "supersede" : "wait";

    /// <returns>Null: it was not chosen by a name.</returns>
    public static async Task<FollowingInfo?> OfAsync(SlipwayDbContext db, DesiredDeployment desired, CancellationToken cancellationToken)
    {
        if (desired.Deployment.Following is not { } name)
        {
            return null;
        }

        var named = await References.ResolveAsync(db, name.Model, name.Name, name.IsStage, cancellationToken);
        var asked = await FindApprovals.PendingAsync(
            db, DeploymentApproval.KindName, DeploymentApproval.SubjectOf(desired.Deployment.EnvironmentId, desired.Deployment.Name), cancellationToken);
        var (state, reason) = StateOf(desired, name, named, asked.Exists(payload => WantedRevision.Read(payload).Verb == MakeLive.Followed));
        return new FollowingInfo(name.Reference, name.Follows, OnMove(name), named?.Number, state, reason);
    }

    private static (string State, string? Reason) StateOf(DesiredDeployment desired, FollowedName name, NamedVersion? named, bool asked)
    {
        var live = FollowReference.VersionOf(desired.Live, name.Model);
        var underWay = desired.Rollout is { UnderWay: true };
        return named switch
        {
            null => ("unresolved", $"{name.Reference} names no version now."),
            _ when underWay && FollowReference.VersionOf(desired.Target, name.Model) == named.Number => ("rolling_out", null),
            _ when live == named.Number => ("current", null),
            _ when asked => ("waits_for_approval", $"{name.Reference} now names v{named.Number}, and a request waits for its reviewers."),
            _ when !name.Follows => ("drift", $"{name.Reference} now names v{named.Number}, this serves {Words(live)}."),
            _ when underWay => ("waiting", $"{name.Reference} now names v{named.Number}; the rollout under way ends first."),
            _ when name.Handled != named.Move => ("waiting", $"{name.Reference} now names v{named.Number}."),
            _ when desired.Rollout?.Error is { } error && FollowReference.VersionOf(desired.Target, name.Model) == named.Number => ("held", $"The rollout of v{named.Number} failed: {error.Message}"),
            _ => ("held", name.HeldBecause is { } because ? $"{name.Reference} names v{named.Number}: {because}" : $"{name.Reference} names v{named.Number}, and {Words(live)} was made live since."),
        };
    }

    private static string Words(int? version) => version is { } number ? $"v{number}" : "nothing of it";
}
