using System.Globalization;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Following;

/// <summary>Versions by a movable name: of a new deployment, which remembers the name, and of an update.</summary>
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

    /// <returns>Number of the version that is in a stage now, or what is wrong with <paramref name="version"/>, such as <c>/Production</c>.</returns>
    public static async Task<Result<string>> StageAsync(SlipwayDbContext db, string model, string version, CancellationToken cancellationToken)
    {
        if (FollowedName.Parse(model + version) is not { } name)
        {
            return Refusal.Field("version", FollowRefusals.BadReference);
        }

        return await References.ResolveAsync(db, name.Model, name.Name, name.IsStage, cancellationToken) is { } named
            ? named.Number.ToString(CultureInfo.InvariantCulture)
            : Refusal.Field("version", FollowRefusals.NamesNothing(model + version));
    }
}
