using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Slipway.Cli;

/// <summary>A request in a file, as YAML or JSON: what <c>-f FILE</c> reads.</summary>
internal static class RequestFile
{
    /// <param name="path">A file, or - for standard input.</param>
    public static async Task<T> ReadAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (path != "-" && !File.Exists(path))
        {
            throw new CliException(ExitCode.Usage, $"There is no file '{path}'.");
        }

        var text = path == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(path, cancellationToken);
        try
        {
            return Parse(text).Deserialize(type) ?? throw new CliException(ExitCode.Usage, $"{path} is empty.");
        }
        catch (JsonException exception)
        {
            throw new CliException(ExitCode.Usage, $"{path} is not what is needed here: {exception.Message}");
        }
        catch (YamlException exception)
        {
            throw new CliException(ExitCode.Usage, $"{path} is neither YAML nor JSON: line {exception.Start.Line}: {exception.Message}");
        }
    }

    /// <summary>YAML (and so JSON) as JSON: what is quoted is a text, what is not may be a number, true, false or null.</summary>
    internal static JsonNode? Parse(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents.Count == 0 ? null : Convert(yaml.Documents[0].RootNode, 0);
    }

    private static JsonNode? Convert(YamlNode node, int depth)
    {
        if (depth > 32)
        {
            throw new CliException(ExitCode.Usage, "The file is nested more than 32 deep.");
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                var members = new JsonObject();
                foreach (var (key, value) in mapping.Children)
                {
                    members[key is YamlScalarNode { Value: { } name } ? name : throw new CliException(ExitCode.Usage, $"Line {key.Start.Line}: a key is a text.")] = Convert(value, depth + 1);
                }

                return members;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Children.Select(child => Convert(child, depth + 1))]);
            case YamlScalarNode scalar:
                return Scalar(scalar);
            default:
                throw new CliException(ExitCode.Usage, $"Line {node.Start.Line}: {node.NodeType} is not taken here.");
        }
    }

    private static JsonNode? Scalar(YamlScalarNode scalar) => scalar switch
    {
        { Style: not ScalarStyle.Plain } => JsonValue.Create(scalar.Value),
        { Value: null or "" or "~" or "null" } => null,
        { Value: "true" } => JsonValue.Create(true),
        { Value: "false" } => JsonValue.Create(false),
        _ when long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        _ when double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(scalar.Value),
    };
}
