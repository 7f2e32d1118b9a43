using Slipway.Server.Platform;

namespace Slipway.Server.Experiments.Search;

/// <summary>Cuts a filter or an order into tokens.</summary>
internal static class FilterLexer
{
    public const int Longest = 4000;

    private static readonly string[] Comparisons = ["<=", ">=", "!=", "<>", "==", "<", ">", "="];

    /// <returns>The tokens, ending with <see cref="FilterTokenKind.End"/>; or the refusal that points at the character.</returns>
    public static Result<List<FilterToken>> Read(string text, string field)
    {
        if (text.Length > Longest)
        {
            return ExperimentRefusals.BadFilter(field, $"A {field} has at most {Longest} characters.");
        }

        var tokens = new List<FilterToken>();
        for (var i = 0; i < text.Length;)
        {
            var (start, c) = (i, text[i]);
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c is '\'' or '"' or '`')
            {
                var end = text.IndexOf(c, i + 1);
                if (end < 0)
                {
                    return Wrong(field, start, $"the {c} is not closed");
                }

                i = end + 1;
                tokens.Add(new(c == '\'' ? FilterTokenKind.Text : c == '"' ? FilterTokenKind.DoubleQuoted : FilterTokenKind.QuotedName, text[(start + 1)..end], start + 1));
            }
            else if (Array.Find(Comparisons, s => text.AsSpan(start).StartsWith(s, StringComparison.Ordinal)) is { } comparison)
            {
                i += comparison.Length;
                tokens.Add(new(FilterTokenKind.Comparison, comparison switch { "==" => "=", "<>" => "!=", _ => comparison }, start + 1));
            }
            else if (c is '(' or ')' or ',' || (c == '.' && (!IsNumberAt(text, i) || EndsName(tokens, text, i))))
            {
                i++;
                tokens.Add(new(c switch { '(' => FilterTokenKind.Open, ')' => FilterTokenKind.Close, ',' => FilterTokenKind.Comma, _ => FilterTokenKind.Dot }, c.ToString(), start + 1));
            }
            else if (IsNumberAt(text, i) && tokens is not [.., { Kind: FilterTokenKind.Dot }])
            {
                while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == '.' || (text[i] is '+' or '-' && (i == start || text[i - 1] is 'e' or 'E'))))
                {
                    i++;
                }

                tokens.Add(new(FilterTokenKind.Number, text[start..i], start + 1));
            }
            else if (IsWordCharacter(c))
            {
                // After a dot a name may hold dots and slashes of its own: metrics.val/loss.mean
                var name = tokens is [.., { Kind: FilterTokenKind.Dot }];
                while (i < text.Length && (IsWordCharacter(text[i]) || (name && text[i] is '.' or '/' or ':')))
                {
                    i++;
                }

                tokens.Add(new(FilterTokenKind.Word, text[start..i], start + 1));
            }
            else
            {
                return Wrong(field, start, $"the character {(char.IsControl(c) || char.IsSurrogate(c) ? "here" : c)} has no meaning here; put texts into single quotes and unusual names into back-ticks");
            }
        }

        tokens.Add(new(FilterTokenKind.End, "", text.Length + 1));
        return tokens;
    }

    public static Refusal Wrong(string field, int index, string what) => ExperimentRefusals.BadFilter(field, $"The {field} is wrong at character {index + 1}: {what}.");

    /// <summary>Whether a dot follows a name directly, as in metrics.1st: then it is no decimal point.</summary>
    private static bool EndsName(List<FilterToken> tokens, string text, int dot) =>
        tokens is [.., { Kind: FilterTokenKind.Word or FilterTokenKind.QuotedName or FilterTokenKind.DoubleQuoted }] && !char.IsWhiteSpace(text[dot - 1]);

    private static bool IsWordCharacter(char c) => char.IsLetterOrDigit(c) || c is '_' or '-';

    private static bool IsNumberAt(string text, int i) =>
        char.IsAsciiDigit(text[i]) || (text[i] is '-' or '+' or '.' && i + 1 < text.Length && (char.IsAsciiDigit(text[i + 1]) || (text[i] != '.' && text[i + 1] == '.')));
}
