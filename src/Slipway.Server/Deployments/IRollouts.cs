using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>What Deployments asks of Rollouts, the folder above it. All of it works on the stored state.</summary>
internal interface IRollouts
{
    /// <summary>Starts the movement of traffic to <paramref name="target"/>, in the unit of the caller.</summary>
    /// <param name="settings">As the request gave them, checked by <see cref="RolloutSettingsRules"/>; what they leave out the environment says.</param>
    Task StartAsync(
        SlipwayDbContext db, Deployment deployment, Revision target, Actor by, CancellationToken cancellationToken, RolloutSettings? settings = null);

    /// <summary>Ends the rollout under way, if there is one, in the unit of the caller: the live revision keeps all traffic.</summary>
    Task CancelAsync(SlipwayDbContext db, Deployment deployment, Actor by, CancellationToken cancellationToken);

    /// <summary>The newest rollout of each of these deployments; of all that are there when <paramref name="deployments"/> is null.</summary>
    Task<IReadOnlyDictionary<Guid, RolloutTraffic>> LatestAsync(SlipwayDbContext db, IReadOnlyCollection<Guid>? deployments, CancellationToken cancellationToken);

    /// <summary>Every rollout of a deployment: what was live when, and what became of each.</summary>
    Task<IReadOnlyList<RolloutOutcome>> LedgerAsync(SlipwayDbContext db, Guid deployment, CancellationToken cancellationToken);

    /// <summary>How a rollout went, with every default as it was then: what a retry goes by.</summary>
    Task<RolloutSettings> SettingsAsync(SlipwayDbContext db, Guid rollout, CancellationToken cancellationToken);

    /// <summary>Rollouts as the wire shows them, with all their steps.</summary>
    Task<IReadOnlyDictionary<Guid, RolloutInfo>> InfosAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> rollouts, CancellationToken cancellationToken);
}

/// <summary>Where a rollout has brought the traffic, as it is stored.</summary>
/// <param name="UnderWay">False: it has ended, and <paramref name="Error"/> says whether badly.</param>
/// <param name="Building">Its target is not built yet.</param>
/// <param name="Weight">Share of the target, 0 to 10,000.</param>
/// <param name="FromShare">Replicas of each unshared set of the live revision, in 1/10,000 of what it has outside a rollout; null: the rollout does not bound them.</param>
/// <param name="ToShare">The same of the target's.</param>
/// <param name="KeptRevisionId">The revision that was replaced and keeps its replicas for a quick way back; null: none does.</param>
internal sealed record RolloutTraffic(
    Guid Id, Guid DeploymentId, Guid? FromRevisionId, Guid ToRevisionId, bool UnderWay, bool Building, int Weight, int? FromShare, int ToShare,
    RolloutError? Error, Guid? KeptRevisionId = null);

/// <param name="Code">One of <see cref="Reasons"/>.</param>
internal sealed record RolloutError(string Code, string Message);
