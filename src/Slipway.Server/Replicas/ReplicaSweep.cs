using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>Ends and removes what no row knows: folders and control groups of replicas and parents. Rows come first, so that a folder without a row is an orphan.</summary>
internal sealed class ReplicaSweep(Database database, ReplicaFolders folders, WarmParents parents, Cgroups cgroups)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Folders first, rows after: one that is made in between is then known.
        var found = folders.All();
        var kept = new HashSet<string>(await parents.SweepAsync(cancellationToken));
        HashSet<Guid> known;
        await using (var db = database.Read())
        {
            kept.UnionWith(await db.Set<WarmParentRow>().Select(p => p.Folder).ToListAsync(cancellationToken));
            kept.UnionWith(await db.Set<ReplicaRow>().Select(r => r.Folder).ToListAsync(cancellationToken));
            known = [.. await db.Set<ReplicaRow>().Select(r => r.Id).ToListAsync(cancellationToken)];
        }

        foreach (var folder in found.Where(f => !kept.Contains(f)))
        {
            folders.Abandon(folder, null);
        }

        cgroups.Sweep(known);
    }
}
