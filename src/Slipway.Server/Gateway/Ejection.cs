using System.Diagnostics;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>Passes over replicas that fail while others do not; called under the lock of their admission.</summary>
/// <remarks>Source: Envoy's outlier detection: failures in a row, a time that grows with each ejection, a bounded share.</remarks>
internal static class Ejection
{
    private const int LongestFactor = 10;

    /// <summary>Takes the outcome of a call.</summary>
    /// <param name="settings">Null: nobody is ejected.</param>
    /// <returns>Whether the replica is ejected by it.</returns>
    public static bool Judge(ReplicaSlot[] slots, ReplicaSlot slot, bool failed, BalancerSettings? settings, long now)
    {
        if (!failed)
        {
            (slot.FailuresInARow, slot.Ejections) = (0, 0);
            return false;
        }

        slot.FailuresInARow++;
        if (settings is not { EjectionFailures: > 0 } || slot.FailuresInARow < settings.EjectionFailures || slot.IsEjected || !slot.IsReady)
        {
            return false;
        }

        var there = 0;
        var ejected = 1;
        foreach (var other in slots)
        {
            there += other.IsReady ? 1 : 0;
            ejected += other.IsEjected ? 1 : 0;
        }

        if (ejected * 100 > there * settings.MaxEjectedPercent || ejected >= there)
        {
            return false;
        }

        slot.Ejections++;
        slot.EjectedUntil = now + (long)(settings.EjectionTime.TotalSeconds * Math.Min(slot.Ejections, LongestFactor) * Stopwatch.Frequency);
        slot.FailuresInARow = 0;
        return true;
    }

    /// <summary>Ends ejections whose time is over. It is tried again with the next requests, and fewer failures put it out again only after as many in a row.</summary>
    /// <returns>Whether any are left.</returns>
    public static bool Readmit(ReplicaSlot[] slots, long now)
    {
        var left = false;
        foreach (var slot in slots)
        {
            if (slot.IsEjected && slot.EjectedUntil <= now)
            {
                slot.EjectedUntil = 0;
            }

            left |= slot.IsEjected;
        }

        return left;
    }
}
