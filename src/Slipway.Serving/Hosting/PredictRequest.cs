using System.Buffers;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Hosting;

/// <summary>
/// One prediction on its way. It is open from its <c>predict</c> until somebody takes it out of its caller's hands (<see cref="ICaller.Close"/>); who does owes the last
/// frame, and nobody else may send one.
/// </summary>
public sealed class PredictRequest(ICaller caller, ulong id, in PredictHead head, PredictExtras extras)
{
    private byte[] body = [];
    private int length;
    private int ungranted;

    public ICaller Caller { get; } = caller;

    public ulong Id { get; } = id;

    public PredictHead Head { get; } = head;

    public PredictExtras Extras { get; } = extras;

    /// <summary><see cref="Environment.TickCount64"/> by which it must be answered; <see cref="long.MaxValue"/>: none.</summary>
    public long Deadline { get; } = head.DeadlineMs == 0 ? long.MaxValue : Environment.TickCount64 + head.DeadlineMs;

    public ReadOnlySpan<byte> Body => body.AsSpan(0, length);

    /// <summary>Closed without the model's answer: cancelled, late, or its connection lost.</summary>
    public volatile bool IsGone;

    /// <summary>The model has seen it.</summary>
    public volatile bool HasBegun;

    /// <summary>More of the body follows.</summary>
    public bool IsArriving { get; set; } = head.More;

    /// <summary>An answer that goes out as credit comes; null: none.</summary>
    public LongAnswer? Answering { get; set; }

    /// <summary>Body bytes of the answer that may still be sent.</summary>
    public long Granted { get; set; } = Frame.Credit;

    /// <summary>Its tensors, while a worker has it.</summary>
    public InferRequest? Tensors { get; set; }

    /// <summary>Takes a piece of the body.</summary>
    /// <returns>Bytes to grant to the sender now; 0: none yet.</returns>
    public int Append(ReadOnlySpan<byte> bytes)
    {
        if (body.Length - length < bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length + bytes.Length, Math.Min(Array.MaxLength, 2 * length)));
            body.AsSpan(0, length).CopyTo(larger);
            FreeBody();
            body = larger;
        }

        bytes.CopyTo(body.AsSpan(length));
        length += bytes.Length;
        ungranted += bytes.Length;
        if (!IsArriving || ungranted < Frame.Credit / 2)
        {
            return 0;
        }

        var grant = ungranted;
        ungranted = 0;
        return grant;
    }

    /// <summary>The body is not needed any more.</summary>
    public void FreeBody()
    {
        if (body.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(body);
            body = [];
        }
    }

    public ReplicaError Late() => new(504, false, HasBegun, "deadline", "The deadline passed before the model answered.");
}
