using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Gateway;

/// <summary>A version's stored signature as the Open Inference Protocol shows it.</summary>
internal sealed record TensorSignature(IReadOnlyList<InferenceTensorInfo> Inputs, IReadOnlyList<InferenceTensorInfo> Outputs)
{
    /// <param name="json">Null: the package does not say.</param>
    public static TensorSignature Read(string? json)
    {
        if (json is null)
        {
            return new TensorSignature([], []);
        }

        using var document = JsonDocument.Parse(json);
        return new TensorSignature(Tensors(document.RootElement, "inputs"), Tensors(document.RootElement, "outputs"));
    }

    private static List<InferenceTensorInfo> Tensors(JsonElement signature, string member) =>
    [
        .. signature.GetProperty(member).EnumerateArray().Select(t => new InferenceTensorInfo(
            t.GetProperty("name").GetString()!, t.GetProperty("datatype").GetString()!, [.. t.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())])),
    ];
}
