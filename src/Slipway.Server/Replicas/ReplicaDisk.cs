using System.Diagnostics;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>
/// What replicas have in their folders, counted where somebody has to know: a storage limit, or a disk with little room. For the loop alone. Temporary files are in these folders
/// too; what model code writes elsewhere on purpose, or keeps open without a name, is not seen.
/// </summary>
internal sealed class ReplicaDisk(ReplicaFolders folders, IOptions<ReplicasOptions> options, TimeProvider time)
{
    private const int MostFiles = 100_000;
    private const long Gigabyte = 1_000_000_000;
    private const int CostlyPause = 20;   // times what a count took

    private readonly Dictionary<Guid, Counted> counted = [];
    private (Guid Replica, string Folder)? filler;   // stays so until its end: nobody goes after it before that is seen to have helped

    /// <summary>Looks at the disk, before each pass over the replicas.</summary>
    public void Look(IReadOnlyCollection<ReplicaRow> replicas)
    {
        foreach (var gone in counted.Keys.Except(replicas.Select(r => r.Id)).ToList())
        {
            counted.Remove(gone);
        }

        if (filler is { } named && replicas.Any(r => r.Id == named.Replica && r.Folder == named.Folder && r.State != ReplicaState.BackingOff))
        {
            return;
        }

        filler = null;
        var reserve = options.Value.DiskReserveMib * (1L << 20);
        var room = folders.Room(reserve);
        if (room != DiskRoom.Enough
            && DiskDecision.Filler(replicas.Where(IsWriter).Select(r => new DiskWriter(r.Id, r.State == ReplicaState.Ready, Count(r).Written)), room, reserve) is { } found)
        {
            filler = (found, replicas.First(r => r.Id == found).Folder);
        }
    }

    /// <summary>Whether it is the one to be ended for want of room.</summary>
    public bool Fills(ReplicaRow replica) => filler?.Replica == replica.Id;

    /// <summary>Whether its folder has more in it than the set's storage limit allows.</summary>
    public bool Exceeds(ReplicaRow replica, ReplicaSetSpec spec) => spec.StorageGb is { } limit && IsWriter(replica) && Count(replica).All > limit * Gigabyte;

    private static bool IsWriter(ReplicaRow replica) => replica is { State: ReplicaState.Starting or ReplicaState.Loading or ReplicaState.Ready, Pid: not null };

    /// <summary>Counted again when the last count is old enough; a folder with many files less often.</summary>
    private Counted Count(ReplicaRow replica)
    {
        var last = counted.GetValueOrDefault(replica.Id);
        if (last is not null && last.Folder == replica.Folder && last.IsReady == replica.ReadyAt is not null && time.GetElapsedTime(last.At) < last.GoodFor)
        {
            return last;
        }

        var started = Stopwatch.GetTimestamp();
        var (all, written) = folders.Count(replica.Folder, replica.ReadyAt, MostFiles);
        var pause = Stopwatch.GetElapsedTime(started) * CostlyPause;
        return counted[replica.Id] = new Counted(
            replica.Folder, replica.ReadyAt is not null, time.GetTimestamp(), pause > options.Value.SampleInterval ? pause : options.Value.SampleInterval, all, written);
    }

    private sealed record Counted(string Folder, bool IsReady, long At, TimeSpan GoodFor, long All, long Written);
}
