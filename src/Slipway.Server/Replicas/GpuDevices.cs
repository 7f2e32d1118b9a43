using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>Gives each replica its own GPUs. Which ones is stored before the process is there, so that no two have the same.</summary>
internal sealed class GpuDevices(Gpus gpus, Writes writes)
{
    /// <summary>Chooses the lowest indexes that no other replica has.</summary>
    /// <returns>Indexes with commas; null: it asks for none.</returns>
    /// <exception cref="ReplicaStartException">Not enough are free.</exception>
    public async Task<string?> TakeAsync(Guid replica, ReplicaSetSpec spec, CancellationToken cancellationToken)
    {
        if (spec.GpuCount == 0)
        {
            return null;
        }

        var taken = await writes.RunAsync<string>(
            async (db, token) =>
            {
                var others = await db.Set<ReplicaRow>().Where(r => r.Id != replica && r.Gpus != null && r.State != ReplicaState.BackingOff).Select(r => r.Gpus!).ToListAsync(token);
                var used = others.SelectMany(g => g.Split(',')).ToHashSet(StringComparer.Ordinal);
                var free = gpus.All.Where(g => g.Type == spec.GpuType).Select(g => $"{g.Index}").Where(i => !used.Contains(i)).Take(spec.GpuCount).ToList();
                if (free.Count < spec.GpuCount)
                {
                    return Refusal.Conflict("no_free_gpu", $"It needs {spec.GpuCount} {spec.GpuType}; {free.Count} are free and this machine has {gpus.Sentence}.");
                }

                var row = await db.Set<ReplicaRow>().SingleAsync(r => r.Id == replica, token);
                return row.Gpus = string.Join(',', free);
            },
            cancellationToken);
        return taken.Refusal is { } refusal ? throw new ReplicaStartException(refusal.Detail) : taken.Value;
    }

    /// <summary>The environment of the process with its devices; on a machine with GPUs a replica without any sees none.</summary>
    public IReadOnlyDictionary<string, string> Variables(IReadOnlyDictionary<string, string> variables, string? devices) => gpus.All.IsEmpty
        ? variables
        : new Dictionary<string, string>(variables) { ["CUDA_VISIBLE_DEVICES"] = devices ?? "", ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID" };
}
