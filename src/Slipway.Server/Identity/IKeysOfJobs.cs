using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Asked before a user's keys are counted; answered by Schedules.</summary>
internal interface IKeysOfJobs
{
    /// <summary>Those of these keys that were made for executions of schedules: they end with their execution, and no person can do without one, so they do not count towards what a user may have.</summary>
    Task<IReadOnlyCollection<Guid>> AmongAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> keys, CancellationToken cancellationToken);
}
