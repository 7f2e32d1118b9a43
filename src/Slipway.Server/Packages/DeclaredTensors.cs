using System.Text.Json.Nodes;
using Slipway.Contracts;
using Slipway.Serving.Tensors;

namespace Slipway.Server.Packages;

/// <summary>What a config.yaml declares of tensors where no file of the package says it: the field <c>signature</c>. <c>model_type: tensors</c> alone declares them without names.</summary>
internal static class DeclaredTensors
{
    private const string Form = "a tensor is written {name: x, datatype: FP32, shape: [-1, 4]}";
    private const int MaxTensors = 256;
    private const int MaxRank = 16;

    /// <param name="wrong">Makes the exception for a sentence that goes on after "the field signature".</param>
    /// <returns>Null: it declares none.</returns>
    public static ModelSignatureInfo? Read(JsonObject config, Func<string, YamlConfigException> wrong) => config["signature"] switch
    {
        null => null,
        JsonObject signature => new ModelSignatureInfo(
            Tensors(signature, "inputs", 1, wrong), Tensors(signature, "outputs", 0, wrong), null, null, null, null, 0, new Dictionary<string, long>(), new Dictionary<string, string>()),
        _ => throw wrong("is a mapping with the lists inputs and outputs"),
    };

    private static List<TensorInfo> Tensors(JsonObject signature, string member, int least, Func<string, YamlConfigException> wrong)
    {
        if ((signature[member] ?? new JsonArray()) is not JsonArray list || list.Count < least || list.Count > MaxTensors)
        {
            throw wrong($"has {(least > 0 ? "at least one entry in inputs" : "a list outputs")}, {MaxTensors} at most");
        }

        List<TensorInfo> tensors = [.. list.Select(entry => Tensor(entry, wrong))];
        return tensors.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() == tensors.Count ? tensors : throw wrong($"has a name twice in {member}");
    }

    private static TensorInfo Tensor(JsonNode? entry, Func<string, YamlConfigException> wrong)
    {
        if (entry is not JsonObject tensor
            || tensor["name"] is not JsonValue named || !named.TryGetValue<string>(out var name) || name.Length is 0 or > 256
            || tensor["datatype"] is not JsonValue typed || !typed.TryGetValue<string>(out var datatype) || !DataTypes.TryParse(datatype, out _)
            || tensor["shape"] is not JsonArray shape || shape.Count > MaxRank)
        {
            throw wrong($"holds something else than tensors: {Form}, with a datatype of {string.Join(", ", DataTypes.All)}");
        }

        var sizes = new List<long>(shape.Count);
        foreach (var size in shape)
        {
            sizes.Add(size is JsonValue value && value.TryGetValue<long>(out var number) && number >= -1 ? number : throw wrong($"has a shape that is not sizes, -1 for any: {Form}"));
        }

        return new TensorInfo(name, datatype, sizes, new string?[sizes.Count], null);
    }
}
