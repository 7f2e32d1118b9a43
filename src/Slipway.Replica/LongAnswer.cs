using Slipway.Serving;

namespace Slipway.Replica;

/// <summary>An answer longer than one frame, on its way in pieces within the credit. Its request stays open until the last piece is sent.</summary>
internal sealed class LongAnswer(PredictRequest request, byte[] body)
{
    private readonly Lock gate = new();
    private int sent;

    /// <summary>Announces the answer and sends what the credit allows.</summary>
    public void Start(FrameBuffer frames, BodyType type, long? jsonLength)
    {
        var extras = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new ResultExtras(null, body.Length, null, jsonLength), ServingJson.Default.ResultExtras);
        frames.Result(request.Id, more: true, 200, type, extras, default);
        request.Connection.Send(frames);
        request.Answering = this;
        Advance();
    }

    /// <summary>Credit has come. By any thread.</summary>
    public void Advance()
    {
        using var frames = new FrameBuffer();
        lock (gate)
        {
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

            if (sent == body.Length && request.Connection.Close(request))
            {
                frames.End(request.Id, broken: false, default);
            }

            request.Connection.Send(frames);
        }
    }
}
