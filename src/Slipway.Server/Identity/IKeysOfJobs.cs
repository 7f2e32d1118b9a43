using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Asked before a user's keys are counted; answered by Schedules.</summary>
internal interface IKeysOfJobs
{
    /// <summary>Those of the keys that a running job holds: they come and go with it, and are nobody's to save on.</summary>
    Task<IReadOnlyCollection<Guid>> AmongAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> keys, CancellationToken cancellationToken);
}
