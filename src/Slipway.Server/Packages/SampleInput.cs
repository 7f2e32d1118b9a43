using System.Text.Json.Nodes;
using Slipway.Contracts;

namespace Slipway.Server.Packages;

/// <summary>A body that a model with this signature takes, for those that bring no example: one row, free dimensions of size 1, zeros.</summary>
internal static class SampleInput
{
    /// <summary>Elements of all inputs together; a sample that nobody can read is none.</summary>
    private const long MaxElements = 4096;

    /// <returns><c>{"inputs": {name: nested list}}</c>; null where that would be too long, or an input is no tensor.</returns>
    public static JsonObject? Of(ModelSignatureInfo signature)
    {
        if (signature.Inputs.Count == 0 || signature.Inputs.Any(i => i.Structure is not null) || signature.Inputs.Sum(i => Elements(i.Shape)) > MaxElements)
        {
            return null;
        }

        var inputs = new JsonObject();
        foreach (var input in signature.Inputs)
        {
            inputs[input.Name] = Values(input, 0);
        }

        return new JsonObject { ["inputs"] = inputs };
    }

    private static long Elements(IReadOnlyList<long> shape)
    {
        var elements = 1L;
        foreach (var size in shape)
        {
            elements = Math.Min(elements * Math.Max(1, size), MaxElements + 1);
        }

        return elements;
    }

    private static JsonNode? Values(TensorInfo input, int dimension)
    {
        if (dimension == input.Shape.Count)
        {
            return input.Datatype switch
            {
                "BOOL" => JsonValue.Create(false),
                "BYTES" => JsonValue.Create(""),
                _ => JsonValue.Create(0),
            };
        }

        var size = input.Shape[dimension] < 0 ? 1 : input.Shape[dimension];
        var list = new JsonArray();
        for (var i = 0; i < size; i++)
        {
            list.Add(Values(input, dimension + 1));
        }

        return list;
    }
}
