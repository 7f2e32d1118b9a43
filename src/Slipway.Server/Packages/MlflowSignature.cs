using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Packages;

/// <summary>
/// What the file <c>MLmodel</c> of an MLflow model directory says that the model takes and gives. Columns of a table are tensors of one free dimension.
/// </summary>
/// <remarks>Source: mlflow.models.signature and mlflow.types.schema: <c>signature.inputs</c> and <c>.outputs</c> are JSON in a text, a list of columns or of tensors.</remarks>
internal static class MlflowSignature
{
    private const string File = "MLmodel";
    private const int MaxBytes = 1024 * 1024;
    private const int MaxEntries = 4096;
    private const int MaxRank = 16;

    /// <returns>Null: there is no such file, or it declares none; and what is wrong with one that cannot be read.</returns>
    public static async Task<(ModelSignatureInfo? Signature, string? Warning)> ReadAsync(PackageFiles files, CancellationToken cancellationToken)
    {
        if (!files.Has(File))
        {
            return (null, null);
        }

        try
        {
            return await files.TextAsync(File, MaxBytes, cancellationToken) is { } text && !text.Contains('\0', StringComparison.Ordinal)
                ? (Of(YamlConfig.Parse(text, new Dictionary<string, int>(StringComparer.Ordinal))), null)
                : (null, Unread("it is not UTF-8 text of at most 1 MiB."));
        }
        catch (YamlConfigException exception)
        {
            return (null, Unread(exception.Message));
        }
    }

    private static string Unread(string why) => $"The signature in MLmodel was not read: {why}";

    private static ModelSignatureInfo? Of(JsonObject model)
    {
        if (model["signature"] is not JsonObject signature)
        {
            return null;
        }

        var (inputs, outputs) = (Tensors(signature, "inputs", "input"), Tensors(signature, "outputs", "output"));
        return inputs.Count + outputs.Count == 0
            ? null
            : new ModelSignatureInfo(inputs, outputs, "MLflow", Text(model["mlflow_version"]), null, null, 0, new Dictionary<string, long>(), new Dictionary<string, string>());
    }

    private static List<TensorInfo> Tensors(JsonObject signature, string member, string unnamed)
    {
        if (Text(signature[member]) is not { } json)
        {
            return [];
        }

        var bytes = Encoding.UTF8.GetBytes(json);
        if (JsonGuard.Check(bytes) is not null || JsonNode.Parse(json) is not JsonArray list || list.Count > MaxEntries)
        {
            throw new YamlConfigException(null, $"{member} is no list of columns or tensors.");
        }

        return [.. list.Select((entry, i) => Tensor(entry, member, list.Count == 1 ? unnamed : $"{unnamed}_{i}"))];
    }

    private static TensorInfo Tensor(JsonNode? entry, string member, string unnamed)
    {
        if (entry is not JsonObject column || Text(column["type"]) is not { Length: > 0 } type)
        {
            throw new YamlConfigException(null, $"{member} holds something without a type.");
        }

        var name = Text(column["name"]) is { Length: > 0 } given ? given : unnamed;
        if (type != "tensor")
        {
            return new TensorInfo(name, Datatype(type), [-1], [null], type is "array" or "object" or "map" ? type : null);
        }

        var spec = column["tensor-spec"] as JsonObject;
        var shape = new List<long>();
        foreach (var size in spec?["shape"] as JsonArray ?? [])
        {
            shape.Add(size is JsonValue value && value.TryGetValue<long>(out var number) && number >= -1 && shape.Count < MaxRank
                ? number
                : throw new YamlConfigException(null, $"{member} has a shape that is not sizes, -1 for any."));
        }

        return new TensorInfo(name, Datatype(Text(spec?["dtype"]) ?? ""), shape, new string?[shape.Count], null);
    }

    /// <summary>The Open Inference Protocol's name of a type of MLflow or numpy; what it has no name for comes as bytes.</summary>
    private static string Datatype(string type) => type switch
    {
        "boolean" or "bool" => "BOOL",
        "integer" => "INT32",
        "long" => "INT64",
        "float" => "FP32",
        "double" => "FP64",
        "int8" or "int16" or "int32" or "int64" or "uint8" or "uint16" or "uint32" or "uint64" => type.ToUpperInvariant(),
        "float16" => "FP16",
        "float32" => "FP32",
        "float64" => "FP64",
        _ => "BYTES",
    };

    private static string? Text(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
