using Slipway.Server.Gateway;

namespace Slipway.Server.Tests.Gateway;

/// <summary>The decision alone, without a clock: who is refused though the queue has room.</summary>
public sealed class SheddingTests
{
    [Theory]
    [InlineData(0, 1, 0.5, 1.0, false)]     // half of the service under way, then its own: in time
    [InlineData(1, 1, 0.5, 1.0, true)]      // behind another one it would end after 1.25 s
    [InlineData(999, 128, 0.0095, 1, false)]   // a full queue of a quick model that batches is 75 ms
    [InlineData(999, 1, 0.1, 60, true)]     // 100 s of waiting for a deadline of 60 s
    [InlineData(400, 1, 0.1, 60, false)]    // 40 s
    [InlineData(5, 1, 0.1, 0.05, true)]     // its own service alone takes longer
    [InlineData(999, 1, 0, 0.001, false)]   // nothing has ended yet: nothing is known
    [InlineData(10, 0, 0.1, 1, false)]      // no replica yet: it is parked or about to be connected
    public void A_request_is_refused_when_its_turn_would_come_too_late(int before, int places, double held, double left, bool late) =>
        Assert.Equal(late, Shedding.ComesTooLate(before, places, held, left));

    [Theory]
    [InlineData(0.1, 0.2, false)]
    [InlineData(0.1, 0.06, false)]  // less than the average, but quicker ones are not rare
    [InlineData(0.1, 0.04, true)]
    [InlineData(0, 0.001, false)]   // nothing known
    [InlineData(0, -0.001, true)]   // over already
    public void A_turn_that_comes_with_too_little_time_left_is_not_taken(double held, double left, bool hopeless) =>
        Assert.Equal(hopeless, Shedding.IsHopeless(held, left));

    [Theory]
    [InlineData(0, 0, 0, 1)]            // nothing known
    [InlineData(100, 128, 0.01, 1)]     // at least a second
    [InlineData(50, 1, 0.1, 6)]         // 5.05 s
    [InlineData(10_000, 1, 10, 60)]     // no further than a minute
    public void Retry_After_is_when_those_who_wait_have_had_their_turn(int waiting, int places, double held, int seconds) =>
        Assert.Equal(seconds, Shedding.RetryAfterSeconds(waiting, places, held));

    [Fact]
    public void How_long_a_place_is_held_is_time_in_flight_over_turns_ended_and_the_old_fades()
    {
        var held = new HeldTime();
        Assert.Equal(0, held.Ticks);
        for (var batch = 0; batch < 100; batch++)
        {
            held.Ended(8 * 1000, 8);   // eight in flight for 1,000 ticks, then all end at once
            for (var i = 1; i < 8; i++)
            {
                held.Ended(0, 8);
            }
        }

        Assert.InRange(held.Ticks, 800, 1200);
        for (var i = 0; i < 200; i++)
        {
            held.Ended(100, 8);
        }

        Assert.InRange(held.Ticks, 99, 110);
    }

    // A simulation of one set in front of its queue, arrivals and services random: what is answered in time, as a share of what the replicas can do.
    [Theory]
    [InlineData(1, 0.1, 1, 1, 0.9)]         // a deadline of ten services
    [InlineData(1, 0.01, 1, 1, 0.9)]
    [InlineData(8, 1, 10, 1, 0.85)]
    [InlineData(4, 0.4, 60, 1, 0.9)]
    [InlineData(1, 5, 60, 0, 0.9)]          // always the same length
    [InlineData(1, 0.3, 1, 0, 0.9)]
    public void At_twice_the_capacity_the_replicas_work_for_those_that_are_answered_in_time(int places, double service, double deadline, double spread, double least) =>
        Assert.InRange(AnsweredInTime(places, service, deadline, spread, over: 2), least, 2);

    [Theory]
    [InlineData(1, 0.1, 10, 1)]
    [InlineData(8, 1, 20, 1)]
    [InlineData(128, 0.01, 1, 1)]
    public void Below_the_capacity_nearly_nobody_is_refused(int places, double service, double deadline, double spread) =>
        Assert.InRange(AnsweredInTime(places, service, deadline, spread, over: 0.8) / 0.8, 0.97, 1.2);

    private static double AnsweredInTime(int places, double service, double deadline, double spread, double over)
    {
        const int Requests = 8000;
        const int MostWaiting = 1000;
        var random = new Random(7);
        var events = new PriorityQueue<(bool IsEnd, double Due, double Took), double>();
        var waiting = new Queue<double>();
        var held = new HeldTime();
        var (running, good, arrived, lastArrival) = (0, 0, 0, 0.0);
        events.Enqueue((false, 0, 0), 0);
        while (events.TryDequeue(out var at, out var now))
        {
            if (at.IsEnd)
            {
                running--;
                good += now <= at.Due ? 1 : 0;
                held.Ended((long)(at.Took * 1e7), places);
                while (running < places && waiting.TryDequeue(out var due))
                {
                    if (!Shedding.IsHopeless(held.Ticks / 1e7, due - now))
                    {
                        Start(now, due);
                    }
                }

                continue;
            }

            lastArrival = now;
            if (++arrived < Requests)
            {
                events.Enqueue((false, 0, 0), now - (Math.Log(1 - random.NextDouble()) * service / (over * places)));
            }

            if (running < places)
            {
                Start(now, now + deadline);
            }
            else if (waiting.Count < MostWaiting && !Shedding.ComesTooLate(waiting.Count, places, held.Ticks / 1e7, deadline))
            {
                waiting.Enqueue(now + deadline);
            }
        }

        return good * service / (places * lastArrival);

        void Start(double now, double due)
        {
            running++;
            var took = ((1 - spread) * service) - (spread * Math.Log(1 - random.NextDouble()) * service);
            events.Enqueue((true, due, took), now + took);
        }
    }
}
