using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Slipway.Server.Routing;

/// <summary>A place in a JSON document (RFC 6901).</summary>
internal sealed record JsonPointer(string Text, ImmutableArray<string> Parts)
{
    public const int Longest = 256;

    /// <summary>Null when the text is no pointer to a part: those begin with a slash, and <c>~</c> only stands in <c>~0</c> and <c>~1</c>.</summary>
    public static JsonPointer? Parse(string text)
    {
        if (text.Length is 0 or > Longest || text[0] != '/')
        {
            return null;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '~' && (i + 1 == text.Length || text[i + 1] is not ('0' or '1')))
            {
                return null;
            }
        }

        return new JsonPointer(
            text, [.. text[1..].Split('/').Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]);
    }

    /// <summary>What is there; null: nothing.</summary>
    public JsonElement? Find(JsonElement root)
    {
        var at = root;
        foreach (var part in Parts)
        {
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(part, out var member))
            {
                at = member;
            }
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && (part.Length == 1 || part[0] != '0') && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else
            {
                return null;
            }
        }

        return at;
    }
}
