using System.Text.Json;

namespace Slipway.Serving.Tensors;

/// <summary>Holds a request to a model's signature.</summary>
internal static class Signatures
{
    private const int MaxNameChars = 1024;

    /// <summary>Reads an input's name (the value behind the reader) and finds it in the signature.</summary>
    public static (string Name, TensorSpec? Spec) Input(ref Utf8JsonReader json, ModelSignature? signature, InferRequest request)
    {
        json.Read();
        var spec = signature is not null && json.TokenType == JsonTokenType.String && !json.ValueIsEscaped ? At(signature.Inputs, signature.FindInput(json.ValueSpan)) : null;
        var name = spec?.Name ?? Name(ref json);
        spec ??= signature?.Inputs.FirstOrDefault(i => i.Name == name);
        if (signature is not null && spec is null)
        {
            throw Unknown(name, signature);
        }

        NotTwice(name, request);
        return (name, spec);
    }

    /// <summary>Reads an output's name and finds it in the signature.</summary>
    public static (string Name, int Index) Output(ref Utf8JsonReader json, ModelSignature? signature)
    {
        json.Read();
        var name = Name(ref json);
        if (signature is null)
        {
            return (name, -1);
        }

        var index = signature.FindOutput(System.Text.Encoding.UTF8.GetBytes(name));
        return index >= 0
            ? (name, index)
            : throw new TensorException(TensorError.UnknownOutput, $"The model has no output {Short(name)}; it has {List(signature.Outputs)}.");
    }

    public static void NotTwice(string name, InferRequest request)
    {
        if (request.Inputs.Find(name) >= 0)
        {
            throw new TensorException(TensorError.MalformedRequest, $"Input {Short(name)} comes twice.");
        }
    }

    public static TensorException Unknown(string name, ModelSignature signature) =>
        new(TensorError.UnknownInput, $"The model has no input {Short(name)}; it takes {List(signature.Inputs)}.");

    public static void Check(TensorSpec spec, DataType type, long[] shape)
    {
        if (type != spec.Type)
        {
            throw new TensorException(TensorError.DatatypeMismatch, $"Input {spec.Name} is {spec.Type.Name()}, not {type.Name()}; the model takes {spec}.");
        }

        CheckShape(spec, shape);
    }

    public static void CheckShape(TensorSpec spec, long[] shape)
    {
        if (!spec.Takes(shape))
        {
            throw new TensorException(TensorError.ShapeMismatch, $"Input {spec.Name} has the shape {Shapes.Text(shape)}; the model takes {spec}.");
        }

        if (Shapes.Count(shape) < 0)
        {
            throw new TensorException(TensorError.TooLarge, $"Input {spec.Name}: the shape {Shapes.Text(shape)} has too many elements.");
        }
    }

    /// <summary>Every input of the model must be there.</summary>
    public static void RequireAll(ModelSignature? signature, InferRequest request)
    {
        if (signature is null || request.Inputs.Count == signature.Inputs.Count)
        {
            return;   // each is one of the signature's, and none comes twice
        }

        var missing = signature.Inputs.First(i => request.Inputs.Find(i.Name) < 0);
        throw new TensorException(TensorError.MissingInput, $"Input {missing.Name} is missing; the model takes {List(signature.Inputs)}.");
    }

    private static string Name(ref Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.String && json.GetString() is { Length: > 0 and <= MaxNameChars } name
            ? name
            : throw Json.Bad($"A name is a text of 1 to {MaxNameChars} characters.");

    private static TensorSpec? At(IReadOnlyList<TensorSpec> specs, int index) => index < 0 ? null : specs[index];

    private static string List(IReadOnlyList<TensorSpec> specs) =>
        string.Join("; ", specs.Take(8).Select(s => s.ToString())) + (specs.Count > 8 ? $" and {specs.Count - 8} more" : "");

    private static string Short(string name) => name.Length > 64 ? $"{name[..64]}…" : name;
}
