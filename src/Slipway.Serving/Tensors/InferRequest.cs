namespace Slipway.Serving.Tensors;

/// <summary>One request in tensors, whatever dialect it came in. Reused: each codec clears it first.</summary>
public sealed class InferRequest
{
    /// <summary>The caller's own id, echoed in the answer; null: none.</summary>
    public string? Id { get; internal set; }

    /// <summary>One tensor for each input of the model that was sent, each once.</summary>
    public TensorStore Inputs { get; } = new();

    /// <summary>Indices of the signature's outputs that were asked for, in the order asked; empty: all.</summary>
    public List<RequestedOutput> Outputs { get; } = [];

    /// <summary>Whether outputs that do not say otherwise are answered in binary.</summary>
    public bool BinaryOutput { get; internal set; }

    /// <summary>It came as one of MLflow's scoring bodies and is answered <c>{"predictions": …}</c>.</summary>
    public bool IsScoring { get; internal set; }

    internal void Clear()
    {
        IsScoring = false;
        Id = null;
        Inputs.Clear();
        Outputs.Clear();
        BinaryOutput = false;
    }
}

/// <summary>An output that the caller names.</summary>
/// <param name="Index">Its place among the outputs of the signature; -1 where there is no signature.</param>
/// <param name="Binary">Null: as the request says.</param>
public readonly record struct RequestedOutput(int Index, string Name, bool? Binary);
