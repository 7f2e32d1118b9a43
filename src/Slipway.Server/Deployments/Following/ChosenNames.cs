using System.Globalization;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Following;

/// <summary>The version of a new deployment: by number or label, or by a movable name that it remembers.</summary>
internal static class ChosenNames
{
    /// <returns>The version to look for, null when a field is wrong; and the name that it was chosen by, null: none.</returns>
    public static async Task<(string? Version, FollowedName? Following)> OfAsync(
        SlipwayDbContext db, DeploymentFields fields, CreateDeploymentRequest request, CancellationToken cancellationToken)
    {
        if (request.Version is not ['@' or '/', ..])
        {
            if (request.Follow == true)
            {
                fields.Wrong("follow", FollowRefusals.NothingToFollow);
            }

            return (request.Version ?? "", null);
        }

        if (FollowedName.Parse(request.Model + request.Version) is not { } name)
        {
            fields.Wrong("version", FollowRefusals.BadReference);
            return (null, null);
        }

        var followed = new FollowedName(name.Model, name.Name, name.IsStage, request.Follow ?? false);
        if (await References.ResolveAsync(db, name.Model, name.Name, name.IsStage, cancellationToken) is not { } named)
        {
            fields.Wrong("version", FollowRefusals.NamesNothing(followed.Reference));
            return (null, null);
        }

        return (named.Number.ToString(CultureInfo.InvariantCulture), followed with { Handled = named.Move });
    }
}
