using System.Buffers;

namespace Slipway.Serving.Tensors;

/// <summary>Where an answer is written: grows to the limit and no further. Reused; not for several threads at a time.</summary>
internal sealed class AnswerBuffer(AnswerLimit limit) : IBufferWriter<byte>
{
    private const int InitialSize = 1024;
    private const int KeptSize = 16 << 20;
    private byte[] bytes = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    /// <summary>Forgets what was written. An array that one answer made very large is given back.</summary>
    public void Clear()
    {
        Length = 0;
        bytes = bytes.Length > KeptSize ? [] : bytes;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(bytes.Length - Length));
        Length += count;
    }

    /// <exception cref="TensorException">model_error: the answer gets too long.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = (long)Length + Math.Max(sizeHint, 1);
        if (needed > bytes.Length)
        {
            if (needed > limit.Bytes)
            {
                throw limit.Exceeded();
            }

            Array.Resize(ref bytes, (int)Math.Min(limit.Bytes, Math.Max(needed, Math.Max(InitialSize, 2L * bytes.Length))));
        }

        return bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
