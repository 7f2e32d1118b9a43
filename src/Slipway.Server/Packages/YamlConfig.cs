using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Slipway.Server.Packages;

/// <summary>A config.yaml that cannot be taken; the line counts from 1.</summary>
internal sealed class YamlConfigException(int? line, string what) : Exception(what)
{
    public int? Line { get; } = line;
}

/// <summary>
/// Reads one YAML mapping into JSON, by the scalar rules of YAML 1.1 as PyYAML has them (Truss reads its files so: <c>yes</c> is true). Aliases are copied
/// and counted, so that a small text cannot become a large tree; own tags, second documents and doubled keys are refused.
/// </summary>
internal static partial class YamlConfig
{
    private const int MaxNodes = 50_000;
    private const int MaxDepth = 50;

    /// <param name="lines">Gets the line of each key, by its dotted path.</param>
    /// <exception cref="YamlConfigException">It is not one well-formed mapping of acceptable size.</exception>
    public static JsonObject Parse(string text, Dictionary<string, int> lines)
    {
        var reading = new Reading(new Parser(new StringReader(text)), lines);
        try
        {
            return reading.Document();
        }
        catch (YamlException exception)
        {
            throw new YamlConfigException((int)exception.Start.Line, $"this is not well-formed YAML ({Short(exception)}).");
        }
    }

    private static string Short(YamlException exception)
    {
        var message = exception.Message;
        var end = message.IndexOf("): ", StringComparison.Ordinal);   // "(Line: 3, Col: 1, Idx: 20) - (Line: …): what is wrong"
        return (end >= 0 ? message[(end + 3)..] : message).Replace('\n', ' ').TrimEnd('.');
    }

    private sealed class Reading(Parser parser, Dictionary<string, int> lines)
    {
        private readonly Dictionary<AnchorName, JsonNode?> anchors = [];
        private int nodes;

        public JsonObject Document()
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return [];
            }

            parser.Consume<DocumentStart>();
            var line = (int)parser.Current!.Start.Line;
            var root = Node("", 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
            {
                throw new YamlConfigException((int)parser.Current!.Start.Line, "it holds a second document; one is wanted.");
            }

            return root switch
            {
                null => [],
                JsonObject mapping => mapping,
                _ => throw new YamlConfigException(line, "it is not a mapping; write one 'field: value' a line."),
            };
        }

        private JsonNode? Node(string path, int depth)
        {
            Count(1);
            if (depth > MaxDepth)
            {
                throw Problem($"it is nested deeper than {MaxDepth} levels.");
            }

            if (parser.TryConsume<AnchorAlias>(out var alias))
            {
                if (!anchors.TryGetValue(alias.Value, out var anchored))
                {
                    throw new YamlConfigException((int)alias.Start.Line, $"the alias *{alias.Value} names no anchor before it.");
                }

                Count(Size(anchored));
                return anchored?.DeepClone();
            }

            var start = (NodeEvent)parser.Current!;
            CheckTag(start);
            var node = start switch
            {
                MappingStart => Mapping(path, depth),
                SequenceStart => Sequence(path, depth),
                _ => Scalar(parser.Consume<Scalar>()),
            };
            if (!start.Anchor.IsEmpty)
            {
                anchors[start.Anchor] = node?.DeepClone();
            }

            return node;
        }

        private JsonObject Mapping(string path, int depth)
        {
            parser.Consume<MappingStart>();
            var mapping = new JsonObject();
            var merged = new List<JsonObject>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (!parser.TryConsume<Scalar>(out var key))
                {
                    throw Problem("a key is plain text.");
                }

                var inner = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
                lines.TryAdd(inner, (int)key.Start.Line);
                if (mapping.ContainsKey(key.Value))
                {
                    throw new YamlConfigException((int)key.Start.Line, $"the field {key.Value} is given twice.");
                }

                var value = Node(inner, depth + 1);
                if (key is { Value: "<<", Style: ScalarStyle.Plain })
                {
                    merged.AddRange(value is JsonArray list ? list.OfType<JsonObject>() : value is JsonObject one ? [one] : throw Problem("'<<' merges mappings only."));
                }
                else
                {
                    mapping[key.Value] = value;
                }
            }

            foreach (var (key, value) in merged.SelectMany(m => m).Where(p => !mapping.ContainsKey(p.Key)).ToList())
            {
                mapping.TryAdd(key, value?.DeepClone());
            }

            return mapping;
        }

        private JsonArray Sequence(string path, int depth)
        {
            parser.Consume<SequenceStart>();
            var sequence = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                sequence.Add(Node($"{path}[{sequence.Count}]", depth + 1));
            }

            return sequence;
        }

        private void CheckTag(NodeEvent node)
        {
            if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific && !node.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
            {
                throw Problem("tags of one's own (!something) are not taken.");
            }

            if (!node.Tag.IsEmpty && node.Tag.Value.Contains("python", StringComparison.Ordinal))
            {
                throw Problem("tags that make Python objects are not taken.");
            }
        }

        private void Count(int more)
        {
            nodes += more;
            if (nodes > MaxNodes)
            {
                throw Problem($"it has more than {MaxNodes} values when its aliases are written out.");
            }
        }

        private static int Size(JsonNode? node) => node switch
        {
            JsonObject mapping => 1 + mapping.Sum(p => Size(p.Value)),
            JsonArray list => 1 + list.Sum(Size),
            _ => 1,
        };

        private YamlConfigException Problem(string what) => new((int?)parser.Current?.Start.Line, what);
    }

    private static JsonNode? Scalar(Scalar scalar)
    {
        var text = scalar.Value;
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new YamlConfigException((int)scalar.Start.Line, "text holds no U+0000.");
        }

        if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
        {
            return text;
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON" => true,
            "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" => false,
            _ => Number(text) ?? text,
        };
    }

    private static JsonNode? Number(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (Integer().IsMatch(text) && long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            return integer;
        }

        if (Hexadecimal().IsMatch(text) && long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hexadecimal))
        {
            return hexadecimal;
        }

        return Real().IsMatch(text) && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? real : null;
    }

    [GeneratedRegex(@"\A[-+]?(0|[1-9][0-9_]*)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Integer();

    [GeneratedRegex(@"\A0x[0-9a-fA-F_]+\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"\A[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+][0-9]+)?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Real();
}
