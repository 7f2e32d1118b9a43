using Slipway.Server.Autoscaling;
using Slipway.Server.Deployments;

namespace Slipway.Server.Tests.Autoscaling;

/// <summary>One replica set under a load that is a function of time, second by second on a virtual clock. Replicas take a while to start, as real ones do.</summary>
internal sealed class Simulation(ScalingSettings settings, ScaleBounds bounds, int startSeconds = 3)
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly SetScaler scaler = new();
    private readonly Queue<int> starting = new();
    private int ready = Math.Max(1, bounds.Min);

    /// <summary>The wish at the end of each second; the last verdict's reason beside it.</summary>
    public List<(int Replicas, string Reason)> Wishes { get; } = [];

    public int Wish => Wishes.Count == 0 ? Math.Max(1, bounds.Min) : Wishes[^1].Replicas;

    /// <param name="load">Requests at a time, by the second.</param>
    public Simulation Run(int seconds, Func<int, double> load)
    {
        for (var i = 0; i < seconds; i++)
        {
            var second = Wishes.Count;
            var (from, to) = (Begin.AddSeconds(second), Begin.AddSeconds(second + 1));
            var demand = load(second);
            if (Wish == 0 && demand > 0)
            {
                scaler.Woken(to);   // a request wakes it
                Wishes.Add((1, ScaleReasons.WokenByRequest));
            }
            else if (Wish == 0)
            {
                scaler.Observe(from, to, 0, 0, settings);
                Wishes.Add((0, ScaleReasons.Idle));
                continue;
            }

            scaler.Observe(from, to, demand, (int)Math.Max(0, demand - (ready * settings.ConcurrencyTarget)), settings);
            scaler.Observe(to, 1, ready, null, null, null, settings);
            var verdict = scaler.Decide(settings, bounds, Wish, to);
            Wishes.Add((verdict?.Replicas ?? Wish, verdict?.Reason ?? ScaleReasons.NoData));
            starting.Enqueue(Wish);
            ready = Math.Min(Wish, starting.Count > startSeconds ? Math.Max(starting.Dequeue(), Math.Min(ready, Wish)) : Math.Max(ready, 1));
        }

        return this;
    }

    /// <summary>How often the wish turned from growing to shrinking or back.</summary>
    public int Reversals
    {
        get
        {
            var (reversals, direction) = (0, 0);
            for (var i = 1; i < Wishes.Count; i++)
            {
                var change = Math.Sign(Wishes[i].Replicas - Wishes[i - 1].Replicas);
                if (change != 0)
                {
                    reversals += direction != 0 && change != direction ? 1 : 0;
                    direction = change;
                }
            }

            return reversals;
        }
    }
}
