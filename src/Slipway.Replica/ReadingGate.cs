using System.Collections.Concurrent;

namespace Slipway.Replica;

/// <summary>
/// Who reads the gateways' connections: whoever holds <see cref="Leader"/>. The worker does while it has nothing to run, so that a request at rest meets no second
/// thread; the replica's thread does while a run is long, so that requests can be cancelled.
/// </summary>
internal sealed class ReadingGate
{
    private readonly ConcurrentDictionary<int, Connection> connections = new();
    private readonly EpollEvent[] events = new EpollEvent[64];

    public int Epoll { get; } = Posix.NewEpoll();

    public Lock Leader { get; } = new();

    public bool HasConnections => !connections.IsEmpty;

    public void Add(Connection connection)
    {
        connections[connection.Descriptor] = connection;
        Posix.Watch(Epoll, connection.Descriptor, Posix.In);
    }

    /// <summary>By the leader: waits for frames and takes what has come.</summary>
    /// <param name="timeoutMs">0: only what is there; -1: without end.</param>
    public void Poll(int timeoutMs)
    {
        var ready = Posix.Wait(Epoll, events, timeoutMs);
        for (var i = 0; i < ready; i++)
        {
            if (connections.TryGetValue(events[i].Descriptor, out var connection) && !connection.Read())
            {
                connections.TryRemove(connection.Descriptor, out _);
                Posix.StopWatching(Epoll, connection.Descriptor);
                connection.Dispose();
            }
        }
    }
}
