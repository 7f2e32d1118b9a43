using System.Diagnostics;

namespace Slipway.Server.Gateway;

/// <content>The queue's list, and who leaves it.</content>
internal sealed partial class Admission
{
    private static readonly long LookPace = Stopwatch.Frequency / 4000;
    private long lookedAt;

    /// <summary>
    /// By who has to wait or is refused, and so keeps an I/O thread busy while answers may have come that give places back: takes those first, at most every 250 µs. The event loop itself looks at a
    /// replica's socket only after all the clients' that have something to read; behind thousands of them a replica runs dry.
    /// </summary>
    public void Look()
    {
        var before = Volatile.Read(ref lookedAt);
        var now = Stopwatch.GetTimestamp();
        if (now - before < LookPace || Interlocked.CompareExchange(ref lookedAt, now, before) != before)
        {
            return;
        }

        foreach (var slot in Volatile.Read(ref slots))
        {
            slot.Link.Look();
        }
    }

    /// <summary>
    /// Under the lock: admits from the head of the queue what there is room for, and sends all away (with no place, to ask the newest table) when no replica is left
    /// to wait for, as well as those that have too little time left; answers them as a list by <see cref="Ticket.Next"/>.
    /// </summary>
    private Ticket? Admit()
    {
        Ticket? woken = null;
        Ticket? end = null;
        for (var ticket = first; ticket is not null;)
        {
            var following = ticket.Next;
            if (Shedding.IsHopeless(held.Ticks, ticket.DeadlineAt - changedAt))
            {
                ticket.IsTooLate = true;
            }
            else if (Pick(ticket, capacity, null) is { } slot)
            {
                Take(slot);
                ticket.Slot = slot;
            }
            else if (parks || Array.Exists(slots, s => s.IsPromising))
            {
                // Where a request waits for one replica, those behind it may have room on another.
                if (!isAffine)
                {
                    break;
                }

                ticket = following;
                continue;
            }

            Unlink(ticket);
            _ = end is null ? woken = ticket : end.Next = ticket;
            end = ticket;
            ticket = following;
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
}
