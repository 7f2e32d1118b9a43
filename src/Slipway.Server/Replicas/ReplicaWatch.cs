using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Serving;

namespace Slipway.Server.Replicas;

/// <summary>What this server, and not the database, knows of replicas: control connections, measurements, since when one is seen dead. For the loop alone, but for <see cref="Find"/>.</summary>
internal sealed class ReplicaWatch(ReplicaFolders folders, ReplicaWake wake, ServerEpoch epoch, IOptions<ReplicasOptions> options, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Guid, ReplicaLink> links = new();
    private readonly Dictionary<Guid, long> deadSince = [];
    private readonly Dictionary<Guid, Measured> measured = [];

    public static SpawnedProcess? ProcessOf(ReplicaRow row) =>
        row is { Pid: { } pid, StartTimeTicks: { } start } ? new SpawnedProcess(pid, start) : null;

    public ReplicaLink? Find(Guid replica) => links.TryGetValue(replica, out var link) ? link : null;

    public void Connect(ReplicaRow row, Func<TimeSpan> pingInterval, Func<byte[]> ping) => links[row.Id] = new ReplicaLink(
        folders.SocketOf(row.Folder), ServerHello.Control("server", row.Token, (ulong)epoch.Current), row.Pid!.Value, pingInterval, ping, time, wake.Set);

    public async Task DisconnectAsync(Guid replica)
    {
        deadSince.Remove(replica);
        measured.Remove(replica);
        if (links.TryRemove(replica, out var link))
        {
            await link.DisposeAsync();
        }
    }

    /// <summary>How long a process has been seen dead, from the first question on.</summary>
    public TimeSpan DeadFor(Guid replica)
    {
        deadSince.TryAdd(replica, time.GetTimestamp());
        return time.GetElapsedTime(deadSince[replica]);
    }

    /// <summary>Memory and CPU of a running replica, measured again when the last sample is old enough.</summary>
    public (long ResidentBytes, double? CpuCores)? Sample(ReplicaRow row)
    {
        var last = measured.GetValueOrDefault(row.Id);
        if (last is not null && last.Pid == row.Pid && time.GetElapsedTime(last.At) < options.Value.SampleInterval)
        {
            return (last.ResidentBytes, last.CpuCores);
        }

        if (ProcessOf(row)?.Usage() is not { } usage)
        {
            return null;
        }

        var now = time.GetTimestamp();
        double? cores = last is not null && last.Pid == row.Pid ? (usage.Cpu - last.Cpu) / time.GetElapsedTime(last.At, now) : null;
        measured[row.Id] = new Measured(row.Pid, now, usage.Cpu, usage.ResidentBytes, cores);
        return (usage.ResidentBytes, cores);
    }

    /// <summary>Forgets all replicas but these.</summary>
    public void Keep(IEnumerable<Guid> replicas)
    {
        var kept = replicas.ToHashSet();
        foreach (var gone in deadSince.Keys.Concat(measured.Keys).Where(id => !kept.Contains(id)).ToList())
        {
            deadSince.Remove(gone);
            measured.Remove(gone);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in links.Values)
        {
            await link.DisposeAsync();
        }

        links.Clear();
    }

    private sealed record Measured(int? Pid, long At, TimeSpan Cpu, long ResidentBytes, double? CpuCores);
}
