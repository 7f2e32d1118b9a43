namespace Slipway.Server.Platform;

/// <summary>
/// Folds text for search without regard to case, beyond ASCII too, equally on each database: both sides of the comparison are folded here and compared
/// byte by byte there (SQLite's own folding knows ASCII only, PostgreSQL's depends on its locale).
/// </summary>
internal static class SearchText
{
    /// <summary>Upper, then lower case: so that letters with two lower-case forms (σ, ς) meet.</summary>
    public static string Fold(string text) => text.ToUpperInvariant().ToLowerInvariant();

    /// <summary>Null where folding changes nothing, which is most often so: for columns that are stored beside the text itself.</summary>
    public static string? FoldIfOther(string text) => Fold(text) is var folded && folded == text ? null : folded;
}
