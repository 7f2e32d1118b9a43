using System.Threading.Channels;

namespace Slipway.Server.Platform;

/// <summary>One committed change of stored state, or a change of something seen (a replica became ready).</summary>
/// <param name="IsNew">It was added and nothing refers to it yet: pages show it, and loops that keep what is live need not look.</param>
internal readonly record struct Change(long Sequence, string Kind, string Resource, DateTimeOffset At, bool IsNew = false);

/// <summary>
/// The change feed of this process: pages move by it (server-sent events) and loops wake by it. It is a hint, never the truth: a subscriber that was
/// slow misses changes (its channel keeps the newest 1,024) and every loop also looks at the stored state at its own pace.
/// </summary>
internal sealed class Changes(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly List<(Channel<Change> Channel, Func<Change, bool> Concerns)> subscribers = [];
    private readonly long[] generations = new long[1024];
    private long sequence;

    /// <summary>
    /// A number that rises with every change at or below the first two segments of a resource, such as <c>models/iris</c>: after the commit, and before whoever made the change is
    /// told. Who keeps what was read from the database keeps the number from before the reading with it: while that is the same, what was read holds. Changes of other
    /// resources may raise it too.
    /// </summary>
    public long Generation(string resource) => Volatile.Read(ref generations[PlaceOf(resource)]);

    /// <summary>Raises the generation of a resource, or with an empty one those of all, and tells nobody.</summary>
    public void Outdate(string resource)
    {
        if (resource.Length > 0)
        {
            Interlocked.Increment(ref generations[PlaceOf(resource)]);
            return;
        }

        for (var place = 0; place < generations.Length; place++)
        {
            Interlocked.Increment(ref generations[place]);
        }
    }

    public void Publish(string kind, string resource, bool isNew = false)
    {
        Outdate(resource);
        lock (gate)
        {
            var change = new Change(++sequence, kind, resource, time.GetUtcNow(), isNew);
            foreach (var (channel, concerns) in subscribers)
            {
                if (concerns(change))
                {
                    channel.Writer.TryWrite(change);
                }
            }
        }
    }

    /// <summary>Every change from now on, until <paramref name="cancellationToken"/>.</summary>
    public async IAsyncEnumerable<Change> SubscribeAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var subscription = Subscribe();
        while (await subscription.Reader.WaitToReadAsync(cancellationToken))
        {
            while (subscription.Reader.TryRead(out var change))
            {
                yield return change;
            }
        }
    }

    /// <summary>For loops: subscribe first, then look at the state, then wait.</summary>
    /// <param name="concerns">Which changes are of interest, quickly told; nobody is woken by others. Null: all.</param>
    public Subscription Subscribe(Func<Change, bool>? concerns = null)
    {
        var channel = Channel.CreateBounded<Change>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (gate)
        {
            subscribers.Add((channel, concerns ?? (_ => true)));
        }

        return new Subscription(this, channel);
    }

    private int PlaceOf(ReadOnlySpan<char> resource)
    {
        var first = resource.IndexOf('/');
        var second = first < 0 ? -1 : resource[(first + 1)..].IndexOf('/');
        var owner = second < 0 ? resource : resource[..(first + 1 + second)];
        return (int)((uint)string.GetHashCode(owner, StringComparison.Ordinal) % generations.Length);
    }

    internal sealed class Subscription(Changes owner, Channel<Change> channel) : IDisposable
    {
        public ChannelReader<Change> Reader => channel.Reader;

        /// <summary>Waits for a change or for <paramref name="pace"/>, whichever is first, and forgets what has come so far.</summary>
        public Task WaitAsync(TimeSpan pace, TimeProvider time, CancellationToken cancellationToken) => WaitAsync(_ => true, pace, time, cancellationToken);

        /// <summary>The same for loops that <paramref name="concerns"/> only some changes.</summary>
        public async Task WaitAsync(Func<Change, bool> concerns, TimeSpan pace, TimeProvider time, CancellationToken cancellationToken)
        {
            using var timeout = new CancellationTokenSource(pace, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                var concerned = false;
                while (!concerned && await channel.Reader.WaitToReadAsync(either.Token))
                {
                    while (channel.Reader.TryRead(out var change))
                    {
                        concerned |= concerns(change);
                    }
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
            }
        }

        public void Dispose()
        {
            lock (owner.gate)
            {
                owner.subscribers.RemoveAll(s => s.Channel == channel);
            }

            channel.Writer.TryComplete();
        }
    }
}
