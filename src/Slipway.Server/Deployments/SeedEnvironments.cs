using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Makes the three environments at the first start. Their names are Identity's from the start, see <see cref="ScopeNames.BuiltInEnvironments"/>.</summary>
internal sealed class SeedEnvironments(Writes writes, TimeProvider time) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var there = await db.Set<DeploymentEnvironment>().Select(e => e.Name).ToListAsync(token);
            var now = time.GetUtcNow();
            foreach (var (order, name) in ScopeNames.BuiltInEnvironments.Index().Where(e => !there.Contains(e.Item)))
            {
                db.Set<DeploymentEnvironment>().Add(new DeploymentEnvironment
                {
                    Id = Guid.CreateVersion7(now), ProjectId = Project.Default, Name = name, Order = order, Protected = name == DeploymentEnvironment.Production,
                    CreatedAt = now,
                });
            }

            return Result.Done;
        },
        cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
