using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Numbers of the names of parameters, metrics and tags. Those that are known to be committed are kept in memory.</summary>
internal sealed class RunKeys(Database database)
{
    /// <summary>Keys are few where people name them; a client that makes up names without end must not fill the memory.</summary>
    private const int MostKept = 100_000;

    private readonly ConcurrentDictionary<string, long> known = new(StringComparer.Ordinal);

    /// <summary>Numbers of names on somebody's unit; new names are added in it, and go with it when it is refused.</summary>
    public async Task<IReadOnlyDictionary<string, long>> IdsAsync(SlipwayDbContext unit, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var ids = new Dictionary<string, long>(StringComparer.Ordinal);
        var unknown = new List<string>();
        foreach (var name in names)
        {
            if (known.TryGetValue(name, out var id))
            {
                ids[name] = id;
            }
            else if (ids.TryAdd(name, 0))
            {
                unknown.Add(name);
            }
        }

        if (unknown.Count == 0)
        {
            return ids;
        }

        foreach (var key in await unit.Set<RunKey>().AsNoTracking().Where(k => unknown.Contains(k.Name)).ToListAsync(cancellationToken))
        {
            ids[key.Name] = key.Id;
        }

        var added = unknown.FindAll(n => ids[n] == 0).ConvertAll(n => new RunKey { Name = n });
        if (added.Count > 0)
        {
            unit.AddRange(added);
            await unit.SaveChangesAsync(cancellationToken);
            added.ForEach(k => ids[k.Name] = k.Id);
        }

        return ids;
    }

    /// <summary>Remembers names after their unit was committed.</summary>
    public void Remember(IReadOnlyDictionary<string, long> committed)
    {
        if (known.Count + committed.Count > MostKept)
        {
            known.Clear();
        }

        foreach (var (name, id) in committed)
        {
            known.TryAdd(name, id);
        }
    }

    /// <summary>Numbers of those names that anything was ever logged under.</summary>
    public async Task<IReadOnlyDictionary<string, long>> FindAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        if (names.All(known.ContainsKey))
        {
            return names.Distinct(StringComparer.Ordinal).ToDictionary(n => n, n => known[n], StringComparer.Ordinal);
        }

        await using var db = database.Read();
        var found = await db.Set<RunKey>().Where(k => names.Contains(k.Name)).ToDictionaryAsync(k => k.Name, k => k.Id, StringComparer.Ordinal, cancellationToken);
        Remember(found);
        return found;
    }
}
