using System.Text;

namespace Slipway.Server.Platform;

/// <summary>What a program said, as a text that every database takes. (What a client says is refused at the edge instead.)</summary>
internal static class StorableText
{
    /// <summary>Half a character and U+0000, which a model's or a tool's own words may have and databases refuse, become U+FFFD.</summary>
    public static string Of(string text)
    {
        var storable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())   // half a character comes as U+FFFD
        {
            storable.Append(rune.Value == 0 ? "\uFFFD" : rune.ToString());
        }

        return storable.ToString();
    }
}
