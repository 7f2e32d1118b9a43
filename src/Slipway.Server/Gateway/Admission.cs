using System.Diagnostics;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>What admission said.</summary>
internal enum Admitted
{
    /// <summary>The request has a place on a replica.</summary>
    Now,

    /// <summary>It waits: await its ticket.</summary>
    Queued,

    /// <summary>It waits though no replica is there: say so, then await its ticket.</summary>
    Parked,

    /// <summary>The queue is full: 429.</summary>
    Full,

    /// <summary>No replica is ready: 503.</summary>
    NoneReady,
}

/// <summary>
/// The door of one replica set: so many requests per replica at a time, the others in one bounded queue, first in first out. Lives as long as a table names the
/// set; tables come and go around it. A set at zero parks its requests here.
/// </summary>
internal sealed class Admission(Guid deploymentId, string hash, string environment, string deployment)
{
    private readonly Lock gate = new();
    private ReplicaSlot[] slots = [];
    private int capacity;
    private bool leastConnections;
    private bool parks;
    private int next;
    private Ticket? first;
    private Ticket? last;
    private int waiting;
    private int inFlight;
    private long inFlightTicks;
    private long waitingTicks;
    private long changedAt = Stopwatch.GetTimestamp();

    public Guid DeploymentId => deploymentId;

    public string Hash => hash;

    public string Environment => environment;

    public string Deployment => deployment;

    /// <summary>Requests on replicas and requests waiting, now.</summary>
    public (int InFlight, int Waiting) Now
    {
        get
        {
            lock (gate)
            {
                return (inFlight, waiting);
            }
        }
    }

    /// <summary>The table names a ready replica, whether or not it can be reached at this moment.</summary>
    public bool ExpectsReplica
    {
        get
        {
            lock (gate)
            {
                return Array.Exists(slots, s => s.IsReady);
            }
        }
    }

    /// <summary>Takes the newest table's word: which replicas there are and how much each may be handed.</summary>
    /// <param name="isVisible">False before requests see that table: what it takes away stays until then.</param>
    public void Update(ReplicaSetRoute route, LoadBalancing balancing, Func<ReplicaRoute, ReplicaLink> link, bool isVisible)
    {
        Ticket? woken;
        lock (gate)
        {
            capacity = route.Batch ? 2 * route.MaxBatch : route.PredictConcurrency;
            leastConnections = balancing == LoadBalancing.LeastConnections;
            parks = route.Parks || (parks && !isVisible);
            var old = slots;
            slots = [.. route.Replicas.Select(replica =>
            {
                var to = link(replica);
                var slot = Array.Find(old, s => s.Link == to) ?? new ReplicaSlot(to);
                slot.IsReady = replica.Ready || (slot.IsReady && !isVisible);
                return slot;
            })];
            if (!isVisible)
            {
                slots = [.. slots, .. old.Except(slots)];
            }

            woken = Admit();
        }

        Wake(woken);
    }

    /// <summary>Admits a request, or queues it behind those that came before.</summary>
    public Admitted Enter(Ticket ticket, int maxQueue, out ReplicaSlot? slot)
    {
        lock (gate)
        {
            if (first is null && (slot = Pick(capacity, null)) is not null)
            {
                Count(+1);
                slot.InFlight++;
                return Admitted.Now;
            }

            slot = null;
            var isParked = !Array.Exists(slots, s => s.IsPromising);
            if (isParked && !parks)
            {
                return Admitted.NoneReady;
            }

            if (waiting >= maxQueue)
            {
                return Admitted.Full;
            }

            ticket.Reset();
            ticket.IsQueued = true;
            ticket.Previous = last;
            _ = last is null ? first = ticket : last.Next = ticket;
            last = ticket;
            Wait(+1);
            return isParked ? Admitted.Parked : Admitted.Queued;
        }
    }

    /// <summary>A place for another attempt, on another replica than <paramref name="failed"/>: at once and beyond its capacity, for the request has waited its turn.</summary>
    public ReplicaSlot? EnterAgain(ReplicaSlot failed)
    {
        lock (gate)
        {
            var slot = Pick(int.MaxValue, failed);
            if (slot is not null)
            {
                Count(+1);
                slot.InFlight++;
            }

            return slot;
        }
    }

    /// <summary>Gives a place back; whoever is first in the queue runs on this thread.</summary>
    public void Leave(ReplicaSlot slot)
    {
        Ticket? woken;
        lock (gate)
        {
            Count(-1);
            slot.InFlight--;
            woken = Admit();
        }

        Wake(woken);
    }

    /// <summary>Looks again: a replica has become usable, or has gone.</summary>
    public void Refresh()
    {
        Ticket? woken;
        lock (gate)
        {
            woken = Admit();
        }

        Wake(woken);
    }

    /// <summary>No table names the set any more: whoever waits asks the newest one.</summary>
    public void Close()
    {
        Ticket? woken;
        lock (gate)
        {
            parks = false;
            foreach (var slot in slots)
            {
                slot.IsReady = false;
            }

            woken = Admit();
        }

        Wake(woken);
    }

    /// <summary>Takes a request out of the queue and wakes it without a place; nothing when it was admitted meanwhile.</summary>
    public void Withdraw(Ticket ticket)
    {
        lock (gate)
        {
            if (!ticket.IsQueued)
            {
                return;
            }

            Unlink(ticket);
        }

        ticket.Wake();
    }

    /// <summary>Load since the last call, for the report.</summary>
    public ReplicaSetLoad Report()
    {
        lock (gate)
        {
            Count(0);
            var (running, queued) = ((double)inFlightTicks / Stopwatch.Frequency, (double)waitingTicks / Stopwatch.Frequency);
            inFlightTicks = waitingTicks = 0;
            var parked = Array.Exists(slots, s => s.IsUsable) ? 0 : waiting;
            return new ReplicaSetLoad(deploymentId, hash, running, inFlight, waiting - parked, parked, queued);
        }
    }

    /// <summary>
    /// Under the lock: admits from the head of the queue what there is room for, and sends all away (with no place, to ask the newest table) when no replica is left
    /// to wait for; answers them as a list by <see cref="Ticket.Next"/>.
    /// </summary>
    private Ticket? Admit()
    {
        Ticket? woken = null;
        Ticket? end = null;
        while (first is { } ticket)
        {
            if (Pick(capacity, null) is { } slot)
            {
                Count(+1);
                slot.InFlight++;
                ticket.Slot = slot;
            }
            else if (parks || Array.Exists(slots, s => s.IsPromising))
            {
                break;
            }

            Unlink(ticket);
            _ = end is null ? woken = ticket : end.Next = ticket;
            end = ticket;
        }

        return woken;
    }

    private static void Wake(Ticket? woken)
    {
        while (woken is not null)
        {
            var ticket = woken;
            woken = ticket.Next;
            ticket.Next = null;
            ticket.Wake();
        }
    }

    private void Unlink(Ticket ticket)
    {
        _ = ticket.Previous is null ? first = ticket.Next : ticket.Previous.Next = ticket.Next;
        _ = ticket.Next is null ? last = ticket.Previous : ticket.Next.Previous = ticket.Previous;
        ticket.Next = ticket.Previous = null;
        ticket.IsQueued = false;
        Wait(-1);
    }

    /// <summary>Under the lock: the next replica in turn, or the one with the fewest requests (ties in turn), with room under <paramref name="limit"/>.</summary>
    private ReplicaSlot? Pick(int limit, ReplicaSlot? except)
    {
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

    /// <summary>Under the lock: the number in flight changes; its integral over time grows.</summary>
    private void Count(int change)
    {
        var now = Stopwatch.GetTimestamp();
        inFlightTicks += (now - changedAt) * inFlight;
        waitingTicks += (now - changedAt) * waiting;
        changedAt = now;
        inFlight += change;
    }

    /// <summary>Under the lock: the number that waits changes, likewise.</summary>
    private void Wait(int change)
    {
        Count(0);
        waiting += change;
    }
}
