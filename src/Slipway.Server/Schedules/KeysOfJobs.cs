using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Tells Identity which keys belong to executions.</summary>
internal sealed class KeysOfJobs : IKeysOfJobs
{
    /// <inheritdoc/>
    public async Task<IReadOnlyCollection<Guid>> AmongAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> keys, CancellationToken cancellationToken) =>
        await db.Set<Execution>().Where(e => e.KeyId != null && keys.Contains(e.KeyId.Value)).Select(e => e.KeyId!.Value).ToListAsync(cancellationToken);
}
