using System.Diagnostics;
using System.Net.Sockets;

namespace Slipway.Serving;

/// <content>
/// Requests that come right behind each other go to the replica together. An event loop with a hundred clients' sockets to look at would make a system call for each request, and wake the replica for
/// the first; where many calls are open already, a request waits instead for the loop's next turn: a datagram to ourselves, which the loop sees after the sockets that it is looking at.
/// </content>
public sealed partial class ReplicaConnection
{
    private const int GatherFrom = 8;   // open calls: with fewer a turn seldom brings several requests
    private static readonly long LongestTurn = Stopwatch.Frequency / 2000;   // 500 us: behind thousands of sockets a turn takes tens of milliseconds
    private readonly SocketAsyncEventArgs turning = new(true);
    private Socket? turn;               // null: every request is sent at once
    private bool isTurnAsked;           // under the lock
    private long askedAt;

    private bool IsTurnLong => isTurnAsked && Stopwatch.GetTimestamp() - askedAt > LongestTurn;

    private static bool HasInlineCompletions { get; } = Environment.GetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS") == "1";

    /// <summary>Under the lock, after a frame was queued that may wait: true when the next turn has to be asked for.</summary>
    private bool Gather(out bool waits)
    {
        waits = turn is not null && !isSending && OpenCount >= GatherFrom && !IsTurnLong;
        if (!waits || isTurnAsked)
        {
            return false;
        }

        isTurnAsked = true;
        askedAt = Stopwatch.GetTimestamp();
        return true;
    }

    private void StartGathering()
    {
        var made = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            var self = new UnixDomainSocketEndPoint($"\0slipway-turn-{Guid.NewGuid():n}");
            made.Bind(self);
            made.Connect(self);
            made.Blocking = false;
        }
        catch (SocketException)
        {
            made.Dispose();
            return;   // a system without such sockets
        }

        turning.SetBuffer(new byte[1], 0, 1);
        turning.Completed += (_, _) => Turn(hasCome: true);
        Volatile.Write(ref turn, made);
        Turn(hasCome: false);
        if (IsClosed)
        {
            made.Dispose();   // it was closed before it had this to dispose
        }
    }

    /// <summary>Not under the lock.</summary>
    private void AskForTurn()
    {
        try
        {
            turn!.Send([0], SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                return;
            }
        }
        catch (ObjectDisposedException)
        {
            return;   // the connection is closed, and what it has not sent is nobody's any more
        }

        SendGathered();
    }

    private void Turn(bool hasCome)
    {
        try
        {
            do
            {
                if (hasCome)
                {
                    if (turning.SocketError != SocketError.Success)
                    {
                        return;   // disposed with the connection
                    }

                    SendGathered();
                }

                hasCome = true;
            }
            while (!turn!.ReceiveAsync(turning));
        }
        catch (ObjectDisposedException)
        {
            // Closed.
        }
    }

    private void SendGathered()
    {
        lock (Gate)
        {
            isTurnAsked = false;
            if (isSending || queued.Length == 0)
            {
                return;
            }

            isSending = true;
        }

        Send();
    }
}
