using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Slipway.Serving;

/// <content>Bytes to and from the socket, and which call a frame is for.</content>
public sealed partial class ReplicaConnection
{
    // Who reads: nobody, somebody, somebody who has to look once more because the watch has fired meanwhile.
    private const int Free = 0;
    private const int Busy = 1;
    private const int BusyAndFired = 2;
    private const int FramesBetweenSends = 16;   // of those that came together: after some 200 us of answering others

    /// <summary>The sender: sends until nothing is queued. Only one thread is in here, and it may go on as a completion.</summary>
    private void Send()
    {
        while (true)
        {
            if (outgoingSent == outgoing.Length)
            {
                lock (Gate)
                {
                    outgoing.Clear();
                    outgoingSent = 0;
                    if (queued.Length == 0 || IsClosed)
                    {
                        isSending = false;
                        return;
                    }

                    (queued, outgoing) = (outgoing, queued);
                    sentBytes += outgoing.Length;
                }
            }

            try
            {
                sending.SetBuffer(MemoryMarshal.AsMemory(outgoing.Written[outgoingSent..]));
                if (socket.SendAsync(sending))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
            {
                Close("The connection to the replica is gone.");
                return;
            }

            if (!OnSent())
            {
                return;
            }
        }
    }

    private bool OnSent()
    {
        if (sending.SocketError != SocketError.Success)
        {
            // What the kernel did not take has not been seen by anybody.
            lock (Gate)
            {
                sentBytes -= outgoing.Length - outgoingSent - sending.BytesTransferred;
            }

            Close($"Sending failed: {sending.SocketError}.");
            return false;
        }

        outgoingSent += sending.BytesTransferred;
        return true;
    }

    /// <summary>
    /// Takes what the replica has sent, if nobody is doing so. For who has kept this thread busy for a while: with a thousand clients' sockets to look at, the event loop comes back to this one
    /// only after all of them.
    /// </summary>
    public override void Look()
    {
        if (IsTurnLong)
        {
            SendGathered();
        }

        if (Interlocked.CompareExchange(ref reading, Busy, Free) == Free)
        {
            var isOpen = Read();
            if (Interlocked.CompareExchange(ref reading, Free, Busy) != Busy && isOpen)
            {
                Watch();   // it fired meanwhile
            }
        }
    }

    /// <summary>Waits until something can be read. By one thread: the watch is not set, and nobody else may set it.</summary>
    private void Watch()
    {
        try
        {
            do
            {
                Volatile.Write(ref reading, Free);
                if (socket.ReceiveAsync(watching))
                {
                    return;
                }
            }
            while (Enter() && Read());
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            Close("The connection to the replica is gone.");
        }
    }

    /// <summary>The watch has fired: becomes the reader, or leaves it to who is reading to look once more and to set the watch.</summary>
    private bool Enter()
    {
        while (true)
        {
            if (Interlocked.CompareExchange(ref reading, Busy, Free) == Free)
            {
                return true;
            }

            if (Interlocked.CompareExchange(ref reading, BusyAndFired, Busy) == Busy)
            {
                return false;
            }
        }
    }

    /// <summary>By the reader: takes what is there, and all frames that are whole by then; false when the connection is over.</summary>
    private bool Read()
    {
        try
        {
            var length = socket.Receive(received.AsSpan(receivedLength), SocketFlags.None, out var error);
            if (error is SocketError.WouldBlock)
            {
                return true;
            }

            if (error != SocketError.Success || length == 0)
            {
                Close(error == SocketError.Success ? "The replica closed the connection." : $"Receiving failed: {error}.");
                return false;
            }

            receivedLength += length;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            Close("The connection to the replica is gone.");
            return false;
        }

        TakeFrames();
        return !IsClosed;
    }

    private void TakeFrames()
    {
        var start = 0;
        var holds = false;
        try
        {
            for (var count = 1; !IsClosed && Frame.TryRead(received.AsSpan(start, receivedLength - start), out var frame, out var consumed); count++)
            {
                start += consumed;
                holds = holds || (start < receivedLength && HoldSending());
                Dispatch(frame);
                if (holds && count % FramesBetweenSends == 0)
                {
                    holds = false;
                    Send();
                }
            }
        }
        catch (Exception exception) when (exception is ProtocolException or JsonException)
        {
            Close($"The replica broke the protocol: {exception.Message}");
            concerned.Call?.Finish(concerned.Id, CallOutcome.Lost, null, mayHaveBegun: true);
        }

        if (holds)
        {
            Send();
        }

        if (!IsClosed)
        {
            received.AsSpan(start, receivedLength - start).CopyTo(received);
            receivedLength -= start;
        }
    }

    /// <summary>Becomes the sender without sending: what the answers that have come together set off goes out together, and not each by itself.</summary>
    /// <returns>False: somebody else sends.</returns>
    private bool HoldSending()
    {
        lock (Gate)
        {
            if (isSending)
            {
                return false;
            }

            isSending = true;
            return true;
        }
    }

    private void Dispatch(Frame frame)
    {
        if (!hello.Task.IsCompleted && frame.Kind is not (FrameKind.Hello or FrameKind.Error))
        {
            throw new ProtocolException($"A {frame.Kind} before the hello.");
        }

        switch (frame.Kind)
        {
            case FrameKind.Hello:
                var answer = JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaHello) ?? throw new ProtocolException("An empty hello.");
                if (!hello.TrySetResult(answer))
                {
                    throw new ProtocolException("A second hello.");
                }

                break;
            case FrameKind.Loaded:
                loaded.TrySetResult(new LoadOutcome(JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaLoaded), null));
                break;
            case FrameKind.Failed:
                loaded.TrySetResult(new LoadOutcome(null, JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaFailed)));
                break;
            case FrameKind.Error when frame.RequestId == 0:
                var refusal = ReplicaError.Read(frame.Payload);
                hello.TrySetException(new ReplicaRefusedException(refusal.Code, refusal.Message));
                break;
            case FrameKind.Pong:
                OnPong(Pong.Read(frame.Payload));
                break;
            default:
                if (!TakeAnswer(frame, ref concerned))
                {
                    throw new ProtocolException($"A {frame.Kind} from a replica.");
                }

                break;
        }
    }
}
