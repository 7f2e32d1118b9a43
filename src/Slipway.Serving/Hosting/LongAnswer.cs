namespace Slipway.Serving.Hosting;

/// <summary>An answer longer than one frame, on its way in pieces within the credit. Its request stays open until the last piece is sent.</summary>
public sealed class LongAnswer(PredictRequest request, byte[] body)
{
    private readonly Lock gate = new();
    private int sent;
    private bool isAdvancing; // guarded by the gate
    private bool mayAdvance;  // credit has come meanwhile; guarded by the gate

    /// <summary>Announces the answer and sends what the credit allows.</summary>
    public void Start(FrameBuffer frames, BodyType type, long? jsonLength)
    {
        var extras = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new ResultExtras(null, body.Length, null, jsonLength), ServingJson.Default.ResultExtras);
        frames.Result(request.Id, more: true, 200, type, extras, default);
        request.Caller.Send(frames);
        request.Answering = this;
        Advance();
    }

    /// <summary>Credit has come. By any thread, and from within a send: whoever is at it goes on, so that pieces stay in order.</summary>
    public void Advance()
    {
        lock (gate)
        {
            mayAdvance = true;
            if (isAdvancing)
            {
                return;
            }

            isAdvancing = true;
        }

        using var frames = new FrameBuffer();
        while (Fill(frames))
        {
            request.Caller.Send(frames);
            frames.Clear();
        }
    }

    /// <summary>Puts what may be sent now into frames; false when there is nothing.</summary>
    private bool Fill(FrameBuffer frames)
    {
        lock (gate)
        {
            if (!mayAdvance)
            {
                isAdvancing = false;
                return false;
            }

            mayAdvance = false;
            while (sent < body.Length && !request.IsGone)
            {
                var size = (int)Math.Min(Math.Min(Frame.MaxBody, request.Granted - sent), body.Length - sent);
                if (size <= 0)
                {
                    break;
                }

                frames.Chunk(request.Id, body.AsSpan(sent, size));
                sent += size;
            }

            if (sent == body.Length && request.Caller.Close(request))
            {
                frames.End(request.Id, broken: false, default);
            }

            return true;
        }
    }
}
