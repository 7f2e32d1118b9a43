using System.Text;
using Slipway.Serving;

namespace Slipway.Testing;

/// <summary>One request at a <see cref="FakeReplica"/>, and the ways to answer it.</summary>
internal sealed class FakeRequest(FakeReplica.Connection connection, ulong id, PredictHead head, string extras)
{
    private readonly MemoryStream body = new();
    private readonly CancellationTokenSource cancelled = new();
    private readonly SemaphoreSlim creditCame = new(0);
    private int credit = Frame.Credit;

    public ulong Id => id;

    public PredictHead Head => head;

    /// <summary>JSON of the extras, or empty.</summary>
    public string Extras => extras;

    public byte[] Body => body.ToArray();

    public string Text => Encoding.UTF8.GetString(body.ToArray());

    /// <summary>Fires when the gateway cancelled it or went away.</summary>
    public CancellationToken Cancelled => cancelled.Token;

    public Task AnswerAsync(string json) => AnswerAsync(Encoding.UTF8.GetBytes(json), BodyType.Json);

    /// <summary>One frame when it fits, else result, chunks and end.</summary>
    public async Task AnswerAsync(byte[] bytes, BodyType type = BodyType.Json, int status = 200, string extrasJson = "")
    {
        if (type == BodyType.Named && extrasJson.Length == 0)
        {
            type = BodyType.OctetStream;
        }

        if (bytes.Length <= Frame.MaxBody)
        {
            connection.Send(f => f.Result(id, false, status, type, Encoding.UTF8.GetBytes(extrasJson), bytes));
            connection.Close(id);
            return;
        }

        connection.Send(f => f.Result(id, true, status, type, Encoding.UTF8.GetBytes($$"""{"length":{{bytes.Length}}}"""), default));
        await ChunkAsync(bytes);
        End();
    }

    public void BeginStream(string contentType = "application/x-ndjson") =>
        connection.Send(f => f.Result(id, true, 200, BodyType.Named, Encoding.UTF8.GetBytes($$"""{"stream":true,"content_type":"{{contentType}}"}"""), default));

    public Task ChunkAsync(string text) => ChunkAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends within the credit; waits for more when it is used up.</summary>
    public async Task ChunkAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty && !cancelled.IsCancellationRequested)
        {
            var size = Math.Min(Math.Min(bytes.Length, Volatile.Read(ref credit)), Frame.MaxBody);
            if (size == 0)
            {
                try
                {
                    await creditCame.WaitAsync(Cancelled);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                continue;
            }

            Interlocked.Add(ref credit, -size);
            var piece = bytes[..size];
            connection.Send(f => f.Chunk(id, piece.Span));
            bytes = bytes[size..];
        }
    }

    public void End(bool broken = false)
    {
        connection.Send(f => f.End(id, broken, default));
        connection.Close(id);
    }

    public Task ErrorAsync(int status, string code, string message = "It failed.", bool fromModel = true, bool begun = true)
    {
        connection.Send(f => f.Error(id, new ReplicaError(status, fromModel, begun, code, message)));
        connection.Close(id);
        return Task.CompletedTask;
    }

    /// <summary>Sends whatever the test makes up.</summary>
    public void SendRaw(Action<FrameBuffer> write) => connection.Send(write);

    internal void Append(ReadOnlySpan<byte> bytes) => body.Write(bytes);

    internal void Granted(int bytes)
    {
        Interlocked.Add(ref credit, bytes);
        creditCame.Release();
    }

    internal void Cancel() => cancelled.Cancel();
}
