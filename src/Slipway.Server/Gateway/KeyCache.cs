using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>What a presented key was found to be.</summary>
internal sealed class KnownKey(string presented, string? user, string hash, RouteTable table, KeyRoute route)
{
    private long lastUsedTicks;

    /// <summary>The whole <c>Authorization</c> header, or user and key of the query, as presented.</summary>
    public string Presented => presented;

    /// <summary>The user named beside the key; must be the key's own.</summary>
    public string? User => user;

    public string Hash => hash;

    /// <summary>The table that said so: another table is asked again.</summary>
    public RouteTable Table => table;

    public KeyRoute Route => route;

    /// <summary>UTC ticks of the last use, to about a second.</summary>
    public long LastUsedTicks => Volatile.Read(ref lastUsedTicks);

    public void Used(long utcTicks)
    {
        if (utcTicks - LastUsedTicks > TimeSpan.TicksPerSecond)
        {
            Volatile.Write(ref lastUsedTicks, utcTicks);
        }
    }
}

/// <summary>
/// Keys that were presented before: a repeated one costs a lookup and a comparison in constant time, and no SHA-256. Bounded: a newer key takes an older one's place. The place
/// of a key comes from a hash with a random seed, so that timing says nothing about other keys.
/// </summary>
internal sealed class KeyCache
{
    private const int Size = 4096;
    private readonly KnownKey?[] places = new KnownKey?[Size];

    /// <summary>The key as the newest table knows it; null when it does not.</summary>
    /// <param name="read">Takes user and key apart; called only for what was not presented before.</param>
    public KnownKey? Find(string presented, RouteTable table, Func<string, (string? User, string Key)?> read)
    {
        ref var place = ref places[(uint)StringComparer.Ordinal.GetHashCode(presented) % Size];
        var known = Volatile.Read(ref place);
        if (known is not null && IsSame(known.Presented, presented))
        {
            if (known.Table == table)
            {
                return known;
            }
        }
        else if (read(presented) is { } parts)
        {
            // The table's keys are hashes: an attacker does not choose their order of comparison.
            known = Make(presented, parts.User, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts.Key))), table);
            if (known is not null)
            {
                Volatile.Write(ref place, known);
            }

            return known;
        }
        else
        {
            return null;
        }

        known = Make(presented, known.User, known.Hash, table);
        Volatile.Write(ref place, known);
        return known;
    }

    /// <summary>Keys used after <paramref name="utcTicks"/>.</summary>
    public IEnumerable<KeyUse> UsedAfter(long utcTicks) => places
        .OfType<KnownKey>()
        .Where(k => k.LastUsedTicks > utcTicks)
        .GroupBy(k => k.Route.KeyId)
        .Select(g => new KeyUse(g.Key, new DateTimeOffset(g.Max(k => k.LastUsedTicks), TimeSpan.Zero)));

    private static KnownKey? Make(string presented, string? user, string hash, RouteTable table) =>
        table.Keys.TryGetValue(hash, out var route) && (user is null || string.Equals(user, route.User, StringComparison.OrdinalIgnoreCase))
            ? new KnownKey(presented, user, hash, table, route)
            : null;

    private static bool IsSame(string known, string presented) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(known.AsSpan()), MemoryMarshal.AsBytes(presented.AsSpan()));
}
