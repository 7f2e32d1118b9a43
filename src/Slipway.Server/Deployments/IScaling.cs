using System.Collections.Immutable;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>
/// What Deployments asks of Autoscaling, the folder above it. All of it works on the stored state, in the unit of the caller; who changes a deployment's wish says
/// <c>db.Changed("deployment", …)</c> itself.
/// </summary>
internal interface IScaling
{
    /// <summary>The stored wishes of these deployments; of all when <paramref name="deployments"/> is null. By deployment, then by the hash of the replica set.</summary>
    Task<IReadOnlyDictionary<Guid, ImmutableDictionary<string, ReplicaWish>>> WishesAsync(
        SlipwayDbContext db, IReadOnlyCollection<Guid>? deployments, CancellationToken cancellationToken);

    /// <summary>Brings sets to zero and holds them there, whatever their minimum, until a request or a person wakes them.</summary>
    /// <param name="reason">One of <see cref="ScaleReasons"/>.</param>
    Task HoldAtZeroAsync(SlipwayDbContext db, Guid deployment, IReadOnlyCollection<string> sets, string reason, CancellationToken cancellationToken);

    /// <summary>Wakes those of the sets that are at zero; the others stay as they are.</summary>
    /// <param name="reason">One of <see cref="ScaleReasons"/>.</param>
    /// <returns>Whether any was.</returns>
    Task<bool> WakeAsync(SlipwayDbContext db, Deployment deployment, IReadOnlyCollection<string> sets, string reason, CancellationToken cancellationToken);

    /// <summary>Forgets what was wished for these sets, also that they are held at zero: each begins anew with what the live one of the same variant has.</summary>
    Task ForgetAsync(SlipwayDbContext db, Guid deployment, IReadOnlyCollection<string> sets, CancellationToken cancellationToken);
}

/// <summary>How many replicas one set should have for its load, before any bound.</summary>
/// <param name="Replicas">0: at zero until a request or a person wakes it.</param>
/// <param name="Held">At zero whatever the minimum.</param>
/// <param name="WokenAt">It was woken then and has had no ready replica since; null: it is not waking.</param>
/// <param name="Reason">One of <see cref="ScaleReasons"/>.</param>
internal sealed record ReplicaWish(int Replicas, bool Held, DateTimeOffset? WokenAt, string Reason, DateTimeOffset At);

/// <summary>Why a set has the number of replicas that it has: the closed list, the same words in API, log and UI.</summary>
internal static class ScaleReasons
{
    /// <summary>The load is what the replicas are for.</summary>
    public const string Steady = "steady";

    public const string Concurrency = "concurrency";

    /// <summary>The load of a tenth of the window is twice what the replicas are for: up at once, and down only when a whole window is calm.</summary>
    public const string Burst = "burst";

    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string Gpu = "gpu";

    /// <summary>Fewer would do; they go when that stays so for the delay.</summary>
    public const string ScaleDownDelay = "scale_down_delay";

    /// <summary>Fewer would do; one step may not take so many.</summary>
    public const string ScaleDownRate = "scale_down_rate";

    public const string Minimum = "minimum";
    public const string Maximum = "maximum";

    /// <summary>Autoscaling is off.</summary>
    public const string ByHand = "by_hand";

    /// <summary>At zero: nothing was asked for the whole delay.</summary>
    public const string Idle = "idle";

    /// <summary>At zero whatever the minimum: by hand, or after a promotion or a rollout.</summary>
    public const string HeldAtZero = "held_at_zero";

    public const string WokenByRequest = "woken_by_request";
    public const string WokenByPerson = "woken_by_person";

    /// <summary>Nothing was measured yet, so nothing is decided.</summary>
    public const string NoData = "no_data";
}
