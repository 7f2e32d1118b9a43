namespace Slipway.Testing;

/// <summary>Time that moves only when a test says so. Its tick frequency is odd, to catch arithmetic that takes ticks for something else.</summary>
internal sealed class ManualTimeProvider(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private DateTimeOffset now = start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan elapsed;

    public override long TimestampFrequency => 3_579_545;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    public override long GetTimestamp()
    {
        lock (gate)
        {
            return (long)(elapsed.TotalSeconds * TimestampFrequency);
        }
    }

    /// <summary>Moves time on; timers that fall due run on this thread, in order of their time.</summary>
    public void Advance(TimeSpan by)
    {
        var end = GetUtcNow() + by;
        while (true)
        {
            ManualTimer? due;
            lock (gate)
            {
                due = timers.Where(t => t.Due <= end).MinBy(t => t.Due);
                var next = due?.Due ?? end;
                elapsed += next - now > TimeSpan.Zero ? next - now : TimeSpan.Zero;
                now = next > now ? next : now;
                due?.Schedule(now);
            }

            if (due is null)
            {
                return;
            }

            due.Run();
        }
    }

    /// <summary>Moves time on as a machine that slept sees it: timers that fell due run once each, and not once for every period that went by.</summary>
    public void Leap(TimeSpan by)
    {
        List<ManualTimer> due;
        lock (gate)
        {
            elapsed += by;
            now += by;
            due = [.. timers.Where(t => t.Due <= now).OrderBy(t => t.Due)];
            due.ForEach(t => t.Schedule(now));
        }

        due.ForEach(t => t.Run());
    }

    /// <summary>Sets the clock back, as a person or a time server does. Time goes on all the same: timestamps and timers do not notice.</summary>
    public void SetBack(TimeSpan by)
    {
        lock (gate)
        {
            now -= by;
            timers.ForEach(t => t.Follow(-by));
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualTimeProvider owner, Action run) : ITimer
    {
        private TimeSpan period = Timeout.InfiniteTimeSpan;

        public DateTimeOffset Due { get; private set; }

        public void Run() => run();

        public void Follow(TimeSpan clock) => Due += clock;

        public void Schedule(DateTimeOffset now)
        {
            if (period == Timeout.InfiniteTimeSpan || period == TimeSpan.Zero)
            {
                owner.timers.Remove(this);
            }
            else
            {
                Due = now + period;
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner.gate)
            {
                owner.timers.Remove(this);
                this.period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = owner.now + dueTime;
                    owner.timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (owner.gate)
            {
                owner.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
