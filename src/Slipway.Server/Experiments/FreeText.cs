using System.Globalization;
using System.Text;

namespace Slipway.Server.Experiments;

/// <summary>The rule for names and keys that people write as free text.</summary>
internal static class FreeText
{
    /// <summary>
    /// Whether a text can be a name: 1 to <paramref name="longest"/> characters, visible at both ends, nothing that cannot be seen (control and format
    /// characters, so no zero-width space and no turning of direction), and no accent of its own after a plain letter, so that é is always written one way.
    /// </summary>
    public static bool IsName(string? text, int longest)
    {
        if (text is null || text.Length == 0 || text.Length > longest || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
        {
            return false;
        }

        var afterLetter = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (afterLetter && rune.Value is >= 0x300 and <= 0x36F)
            {
                return false;
            }

            afterLetter = rune.IsAscii && Rune.IsLetter(rune);
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned)
            {
                return false;
            }
        }

        return true;
    }
}
