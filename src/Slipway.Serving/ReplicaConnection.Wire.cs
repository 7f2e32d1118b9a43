using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Slipway.Serving;

/// <content>Bytes to and from the socket, and which call a frame is for.</content>
public sealed partial class ReplicaConnection
{
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

    private void Receive()
    {
        try
        {
            do
            {
                receiving.SetBuffer(received, receivedLength, received.Length - receivedLength);
                if (socket.ReceiveAsync(receiving))
                {
                    return;
                }
            }
            while (OnReceived());
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            Close("The connection to the replica is gone.");
        }
    }

    /// <summary>Takes the frames that are whole; false when the connection is over.</summary>
    private bool OnReceived()
    {
        if (receiving.SocketError != SocketError.Success || receiving.BytesTransferred == 0)
        {
            Close(receiving.SocketError == SocketError.Success ? "The replica closed the connection." : $"Receiving failed: {receiving.SocketError}.");
            return false;
        }

        receivedLength += receiving.BytesTransferred;
        var start = 0;
        try
        {
            while (!IsClosed && Frame.TryRead(received.AsSpan(start, receivedLength - start), out var frame, out var consumed))
            {
                start += consumed;
                Dispatch(frame);
            }
        }
        catch (Exception exception) when (exception is ProtocolException or JsonException)
        {
            Close($"The replica broke the protocol: {exception.Message}");
            concerned.Call?.Finish(concerned.Id, CallOutcome.Lost, null, mayHaveBegun: true);
        }

        if (IsClosed)
        {
            return false;
        }

        received.AsSpan(start, receivedLength - start).CopyTo(received);
        receivedLength -= start;
        return true;
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
