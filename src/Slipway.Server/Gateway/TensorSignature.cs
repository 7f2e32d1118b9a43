using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Gateway;

/// <summary>A version's stored signature as the Open Inference Protocol shows it.</summary>
internal sealed record TensorSignature(IReadOnlyList<InferenceTensorInfo> Inputs, IReadOnlyList<InferenceTensorInfo> Outputs)
{
    /// <param name="json">Null: the package does not say.</param>
    public static TensorSignature Read(string? json) =>
        json is not null && JsonSerializer.Deserialize(json, ContractsJson.Default.ModelSignatureInfo) is { } signature
            ? new TensorSignature(Tensors(signature.Inputs), Tensors(signature.Outputs))
            : new TensorSignature([], []);

    private static List<InferenceTensorInfo> Tensors(IReadOnlyList<TensorInfo> tensors) => [.. tensors.Select(t => new InferenceTensorInfo(t.Name, t.Datatype, t.Shape))];
}
