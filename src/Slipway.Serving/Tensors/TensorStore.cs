namespace Slipway.Serving.Tensors;

/// <summary>
/// The tensors of one request in one reused buffer, in the order in which they were added. The buffer is pinned, and each tensor begins at a multiple of 8 bytes, so that
/// native code may read it in place. Not for several threads at a time.
/// </summary>
public sealed class TensorStore
{
    private const int Alignment = 8;
    private const int KeptBytes = 1 << 20;

    private readonly List<Entry> entries = [];
    private byte[] bytes = [];
    private int used;

    public int Count => entries.Count;

    /// <summary>Bytes of all elements, with the gaps between tensors.</summary>
    public int UsedBytes => used;

    public Tensor this[int index] => new(entries[index].Name, entries[index].Type, entries[index].Shape, bytes.AsSpan(entries[index].Start, entries[index].Length));

    /// <summary>Index of the tensor of this name, or -1.</summary>
    public int Find(string name)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Forgets the tensors and keeps the memory, unless one large request made it large.</summary>
    public void Clear()
    {
        entries.Clear();
        used = 0;
        if (bytes.Length > KeptBytes)
        {
            bytes = [];
        }
    }

    /// <summary>Adds a copy.</summary>
    public void Add(in Tensor tensor)
    {
        tensor.Data.CopyTo(Reserve(tensor.Data.Length));
        Commit(tensor.Name, tensor.Type, tensor.Shape.ToArray(), tensor.Data.Length);
    }

    /// <summary>Room for a tensor that is being made; valid until the next call. Give its true length to <see cref="Commit"/>.</summary>
    /// <param name="keep">Bytes at the front of what was reserved before that stay: a tensor of unknown length grows so.</param>
    internal Span<byte> Reserve(int length, int keep = 0)
    {
        if (bytes.Length - used < length)
        {
            var larger = GC.AllocateUninitializedArray<byte>(NewSize((long)used + length + Alignment), pinned: true);
            bytes.AsSpan(0, used + keep).CopyTo(larger);
            bytes = larger;
        }

        return bytes.AsSpan(used);
    }

    /// <summary>Makes the first bytes of what was reserved a tensor.</summary>
    /// <param name="shape">Kept; not copied.</param>
    internal void Commit(string name, DataType type, long[] shape, int length)
    {
        entries.Add(new Entry(name, type, shape, used, length));
        used = Math.Min((used + length + Alignment - 1) & -Alignment, bytes.Length);
    }

    /// <summary>Gives a tensor another shape of as many elements.</summary>
    internal void Reshape(int index, long[] shape) => entries[index] = entries[index] with { Shape = shape };

    private int NewSize(long needed) => needed <= Array.MaxLength
        ? (int)Math.Min(Array.MaxLength, Math.Max(Math.Max(1024, needed), 2L * bytes.Length))
        : throw new TensorException(TensorError.TooLarge, "The tensors of one request may have 2 GiB together.");

    private readonly record struct Entry(string Name, DataType Type, long[] Shape, int Start, int Length);
}
