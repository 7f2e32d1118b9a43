using Slipway.Server.Packages.Drafts;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>What a replica of a live deployment starts with: the files that answered last.</summary>
internal sealed class DraftLaunch(DraftPackages packages)
{
    /// <param name="launch">Of the revision's build.</param>
    /// <param name="draft">Null: there is none.</param>
    public async Task<RuntimeLaunch> OfAsync(RuntimeLaunch launch, LiveDraft? draft, Guid revision, CancellationToken cancellationToken)
    {
        if (draft is null || draft.RevisionId != revision || draft.RunningHash == draft.BaseHash
            || await packages.FindAsync(draft.DeploymentId, draft.RunningHash, cancellationToken) is not { } content)
        {
            return launch;
        }

        return launch with { PackageFolder = await packages.FolderAsync(content, draft.BaseHash, cancellationToken), Model = content.Model };
    }
}
