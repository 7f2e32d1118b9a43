using System.Buffers.Binary;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>Chooses a replica; called under the lock of its admission, and allocates nothing.</summary>
internal static class ReplicaChoice
{
    /// <summary>The next replica in turn, or the one with the fewest requests (ties in turn), with room under <paramref name="limit"/>.</summary>
    public static ReplicaSlot? InTurn(ReplicaSlot[] slots, ref int next, bool leastConnections, int limit, ReplicaSlot? except)
    {
        // Replicas may have gone since the last turn.
        next = next < slots.Length ? next : 0;
        ReplicaSlot? best = null;
        var bestAt = 0;
        for (var i = 0; i < slots.Length; i++)
        {
            var at = next + i;
            at = at >= slots.Length ? at - slots.Length : at;
            var slot = slots[at];
            if (slot == except || slot.InFlight >= limit || !slot.IsUsable || (best is not null && slot.InFlight >= best.InFlight))
            {
                continue;
            }

            (best, bestAt) = (slot, at);
            if (!leastConnections)
            {
                break;
            }
        }

        if (best is not null)
        {
            next = bestAt + 1 < slots.Length ? bestAt + 1 : 0;
        }

        return best;
    }

    /// <summary>The replica that the request belongs to, else one by the algorithm.</summary>
    /// <param name="pin">Tag of the replica that the caller's cookie names; 0: none. One that is not usable is passed over.</param>
    /// <param name="affinity">Hash of the caller's session or address; 0: none.</param>
    /// <returns>Null: there is no room where it belongs.</returns>
    /// <remarks>Source: rendezvous hashing (Thaler, Ravishankar 1998): when one of n replicas goes, only its own share, 1/n, moves.</remarks>
    public static ReplicaSlot? Affine(ReplicaSlot[] slots, ref int next, LoadBalancing algorithm, ulong pin, ulong affinity, int limit, ReplicaSlot? except)
    {
        if (pin != 0)
        {
            foreach (var slot in slots)
            {
                if (slot.Tag == pin && slot != except && slot.IsUsable)
                {
                    return slot.InFlight < limit ? slot : null;
                }
            }
        }

        if (affinity == 0)
        {
            return InTurn(slots, ref next, algorithm == LoadBalancing.LeastConnections, limit, except);
        }

        ReplicaSlot? best = null;
        ulong highest = 0;
        foreach (var slot in slots)
        {
            var rank = Mix(affinity ^ slot.Tag);
            if (slot != except && slot.IsUsable && (best is null || rank > highest))
            {
                (best, highest) = (slot, rank);
            }
        }

        return best is { } found && found.InFlight < limit ? found : null;
    }

    public static ulong TagOf(Guid replica)
    {
        Span<byte> bytes = stackalloc byte[16];
        replica.TryWriteBytes(bytes);
        return Hash(bytes);
    }

    /// <summary>A hash that is the same in every process; never 0.</summary>
    public static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 0x9E3779B97F4A7C15UL + (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var b in bytes)
        {
            hash = Mix(hash ^ b);
        }

        return hash == 0 ? 1 : hash;
    }

    /// <remarks>The finaliser of SplitMix64.</remarks>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
