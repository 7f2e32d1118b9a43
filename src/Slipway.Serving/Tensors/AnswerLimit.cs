namespace Slipway.Serving.Tensors;

/// <summary>How long an answer may get.</summary>
/// <param name="Refusal">The sentence for one that is longer: the limit, and what to do.</param>
public sealed record AnswerLimit(int Bytes, string Refusal)
{
    /// <summary>Longest answer of a model inside the gateway: its memory is everybody's.</summary>
    public const int HostedBytes = 256 << 20;

    /// <summary>Of a replica with a process of its own: what one array holds.</summary>
    public static AnswerLimit Isolated { get; } = new(Array.MaxLength, "The answer is over 2 GiB, the most that one can have; ask for a smaller one.");

    /// <summary>Of a model inside the gateway.</summary>
    public static AnswerLimit Hosted { get; } = new(
        HostedBytes, $"The answer is over {HostedBytes >> 20} MiB, the most that a model inside the gateway may give; ask for a smaller one, or deploy the model with placement: replica.");

    /// <summary>Refuses an output that cannot fit, before anything of it is written.</summary>
    /// <param name="written">Bytes that the answer has already.</param>
    /// <exception cref="TensorException">model_error.</exception>
    internal void Check(in Tensor tensor, bool isBinary, long written)
    {
        if (written + (isBinary ? tensor.Data.Length : LeastJson(tensor)) > Bytes)
        {
            throw Exceeded();
        }
    }

    internal TensorException Exceeded() => new(TensorError.ModelError, Refusal);

    /// <summary>The elements as JSON have at least this length: a digit and a comma each, <c>true</c>, or the text in quotes.</summary>
    private static long LeastJson(in Tensor tensor) => tensor.Type switch
    {
        DataType.Bool => tensor.Count * 5,
        DataType.Bytes => tensor.Data.Length - tensor.Count,   // each has four bytes of length here, two quotes and a comma there
        _ => tensor.Count * 2,
    } - 1;
}
