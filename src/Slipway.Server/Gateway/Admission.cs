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

    /// <summary>Its turn would come after its deadline: 429.</summary>
    TooLate,

    /// <summary>No replica is ready: 503.</summary>
    NoneReady,
}

/// <summary>
/// The door of one replica set: so many requests per replica at a time, the others in one bounded queue, first in first out. Lives as long as a table names the
/// set; tables come and go around it. A set at zero parks its requests here.
/// </summary>
internal sealed partial class Admission(Guid deploymentId, string hash, string environment, string deployment)
{
    private readonly Lock gate = new();
    private ReplicaSlot[] slots = [];
    private int capacity;
    private LoadBalancing algorithm;
    private BalancerSettings? balancer;
    private bool isAffine;
    private bool hasEjected;
    private bool parks;
    private int next;
    private Ticket? first;
    private Ticket? last;
    private int waiting;
    private int inFlight;
    private long inFlightTicks;
    private long waitingTicks;
    private long heldTicks;          // in flight, since the last turn ended
    private readonly HeldTime held = new();
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
    public void Update(ReplicaSetRoute route, DeploymentRoute settings, Func<ReplicaRoute, ReplicaLink> link, bool isVisible)
    {
        Ticket? woken;
        lock (gate)
        {
            capacity = route.Batch ? 2 * route.MaxBatch : route.PredictConcurrency;
            algorithm = settings.LoadBalancing;
            balancer = settings.Balancer;
            isAffine = algorithm == LoadBalancing.IpHash || balancer is { Sticky: not Stickiness.None };
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

            Settle();
            woken = Admit();
        }

        Wake(woken);
    }

    /// <summary>Seconds after which a refused request may come again.</summary>
    public int RetryAfterSeconds
    {
        get
        {
            lock (gate)
            {
                return Shedding.RetryAfterSeconds(waiting, Places(), Seconds(held.Ticks));
            }
        }
    }

    /// <summary>Admits a request, or queues it behind those that came before.</summary>
    public Admitted Enter(Ticket ticket, int maxQueue, out ReplicaSlot? slot)
    {
        lock (gate)
        {
            if (first is null && (slot = Pick(ticket, capacity, null)) is not null)
            {
                Take(slot);
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

            if (!isParked && Shedding.ComesTooLate(waiting, Places(), Seconds(held.Ticks), Seconds(ticket.DeadlineAt - Stopwatch.GetTimestamp())))
            {
                return Admitted.TooLate;
            }

            ticket.Reset();
            ticket.IsQueued = true;
            ticket.Previous = last;
            _ = last is null ? first = ticket : last.Next = ticket;
            last = ticket;
            Wait(+1);
            if (!isAffine || first == ticket || (slot = Pick(ticket, capacity, null)) is null)
            {
                return isParked ? Admitted.Parked : Admitted.Queued;
            }

            // Those before it wait for other replicas.
            Unlink(ticket);
            Take(slot);
            return Admitted.Now;
        }
    }

    /// <summary>A place for another attempt, on another replica than <paramref name="failed"/>: at once and beyond its capacity, for the request has waited its turn.</summary>
    public ReplicaSlot? EnterAgain(Ticket ticket, ReplicaSlot failed)
    {
        lock (gate)
        {
            var slot = Pick(ticket, int.MaxValue, failed);
            if (slot is not null)
            {
                Take(slot);
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
            held.Ended(heldTicks, Places());
            heldTicks = 0;
            slot.InFlight--;
            slot.Link.Release();
            woken = Admit();
        }

        Wake(woken);
    }

    /// <summary>What came of a call. After so many failures in a row the replica is passed over for a while, unless too many are out already.</summary>
    /// <returns>Whether it was ejected now.</returns>
    public bool Judge(ReplicaSlot slot, bool failed)
    {
        if (!failed && slot.FailuresInARow == 0)
        {
            return false;   // nearly all: no lock
        }

        lock (gate)
        {
            var ejected = Ejection.Judge(slots, slot, failed, balancer, Stopwatch.GetTimestamp());
            hasEjected |= ejected;
            return ejected;
        }
    }

    /// <summary>Ends ejections whose time is over.</summary>
    public void Readmit(long now)
    {
        if (!Volatile.Read(ref hasEjected))
        {
            return;
        }

        Ticket? woken;
        lock (gate)
        {
            hasEjected = Ejection.Readmit(slots, now);
            woken = Admit();
        }

        Wake(woken);
    }

    /// <summary>Replicas that are passed over now.</summary>
    public IEnumerable<Guid> Ejected()
    {
        lock (gate)
        {
            return hasEjected ? [.. slots.Where(s => s.IsEjected).Select(s => s.Link.ReplicaId)] : [];
        }
    }

    /// <summary>Looks again: a replica has become usable, or has gone.</summary>
    public void Refresh()
    {
        Ticket? woken;
        lock (gate)
        {
            Settle();
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

    /// <summary>Under the lock: a place on the replica. Its link stays until the place is given back, though a newer table may not name it any more.</summary>
    private void Take(ReplicaSlot slot)
    {
        Count(+1);
        slot.InFlight++;
        slot.Link.Hold();
    }

    private ReplicaSlot? Pick(Ticket ticket, int limit, ReplicaSlot? except) => isAffine
        ? ReplicaChoice.Affine(slots, ref next, algorithm, ticket.Pin, ticket.Affinity, limit, except)
        : ReplicaChoice.InTurn(slots, ref next, algorithm == LoadBalancing.LeastConnections, limit, except);

    /// <summary>Under the lock: requests that the usable replicas take at a time.</summary>
    private int Places()
    {
        var usable = 0;
        foreach (var slot in slots)
        {
            usable += slot.IsUsable ? 1 : 0;
        }

        return usable * capacity;
    }

    private static double Seconds(double ticks) => ticks / Stopwatch.Frequency;

    /// <summary>Under the lock: better a replica that failed than none.</summary>
    private void Settle()
    {
        if (hasEjected && !Array.Exists(slots, s => s.IsPromising))
        {
            Ejection.Readmit(slots, long.MaxValue);
            hasEjected = false;
        }
    }

    /// <summary>Under the lock: the number in flight changes; its integral over time grows.</summary>
    private void Count(int change)
    {
        var now = Stopwatch.GetTimestamp();
        inFlightTicks += (now - changedAt) * inFlight;
        heldTicks += (now - changedAt) * inFlight;
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
