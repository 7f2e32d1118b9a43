using Microsoft.Net.Http.Headers;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Hands out the newest files of a draft, those that its hash is made of.</summary>
internal sealed class DraftFiles(FindDraft find, DraftPackages packages)
{
    /// <returns>One file; a refusal of <see cref="FindDraft"/> or <c>file_not_found</c>.</returns>
    public async Task<IResult> DownloadAsync(DeploymentRef which, string path, CancellationToken cancellationToken)
    {
        var found = await find.RunAsync(which, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }

        if (found.Value.Newest.Files.FirstOrDefault(f => f.Path == path) is not { } file)
        {
            return LiveDraftRefusals.FileNotFound().ToProblem();
        }

        // Always an attachment of unknown type: what a package holds must not run in a browser as a page of ours.
        return Results.Stream(packages.Open(file), "application/octet-stream", path[(path.LastIndexOf('/') + 1)..], entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""));
    }
}
