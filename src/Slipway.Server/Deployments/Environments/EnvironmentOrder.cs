using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Environments;

/// <summary>The environments that are there, in their order; kept without gaps.</summary>
internal static class EnvironmentOrder
{
    public static IQueryable<DeploymentEnvironment> There(SlipwayDbContext db) => db.Set<DeploymentEnvironment>().Where(e => e.DeletedAt == null);

    public static Task<List<DeploymentEnvironment>> ReadAsync(SlipwayDbContext db, CancellationToken cancellationToken) =>
        There(db).OrderBy(e => e.Order).ThenBy(e => e.Name).ToListAsync(cancellationToken);

    /// <summary>The one that a promotion from <paramref name="environment"/> goes to; null from the last.</summary>
    public static Task<DeploymentEnvironment?> NextAsync(SlipwayDbContext db, DeploymentEnvironment environment, CancellationToken cancellationToken) =>
        There(db).Where(e => e.ProjectId == environment.ProjectId && e.Order > environment.Order).OrderBy(e => e.Order).FirstOrDefaultAsync(cancellationToken);

    /// <summary>Puts an environment behind another one, or at its default place, and numbers all anew.</summary>
    /// <param name="all">In order, with or without <paramref name="moved"/>.</param>
    /// <param name="after">Null: before production.</param>
    /// <returns>Null, or that there is no environment <paramref name="after"/>.</returns>
    public static Refusal? Place(List<DeploymentEnvironment> all, DeploymentEnvironment moved, string? after)
    {
        all.Remove(moved);
        var place = after is null ? all.FindIndex(e => e.Name == DeploymentEnvironment.Production) : all.FindIndex(e => e.Name == after) + 1;
        if (after is not null && place == 0)
        {
            return Refusal.Field("after", after == moved.Name ? "An environment cannot come after itself." : $"There is no environment {after}.");
        }

        all.Insert(place, moved);
        Number(all);
        return null;
    }

    public static void Number(List<DeploymentEnvironment> all)
    {
        foreach (var (place, environment) in all.Index())
        {
            environment.Order = place;
        }
    }
}
