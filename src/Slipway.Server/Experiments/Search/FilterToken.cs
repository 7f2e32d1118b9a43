namespace Slipway.Server.Experiments.Search;

internal enum FilterTokenKind
{
    /// <summary>A bare word: an entity, a name, a keyword.</summary>
    Word,

    /// <summary>In back-ticks: a name with any characters.</summary>
    QuotedName,

    /// <summary>In single quotes: a value.</summary>
    Text,

    /// <summary>In double quotes: a name on the left of a comparison, a value on the right.</summary>
    DoubleQuoted,
    Number,
    Comparison,
    Dot,
    Open,
    Close,
    Comma,
    End,
}

/// <param name="Text">Without quotes.</param>
/// <param name="At">Position of its first character, from 1.</param>
internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int At)
{
    public bool Is(string keyword) => Kind == FilterTokenKind.Word && string.Equals(Text, keyword, StringComparison.OrdinalIgnoreCase);
}
