using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;

namespace Slipway.Server.Registry;

/// <summary>How a caller names one version: <c>3</c>, <c>v3</c>, its label or <c>@alias</c>.</summary>
internal static partial class VersionRef
{
    /// <summary>Those of <paramref name="versions"/> of one model that <paramref name="reference"/> names: one or none.</summary>
    public static IQueryable<ModelVersion> Named(this IQueryable<ModelVersion> versions, Guid modelId, string reference)
    {
        var ofModel = versions.Where(v => v.ModelId == modelId);
        if (reference is ['@', .. var alias])
        {
            return ofModel.Where(v => v.Aliases.Any(a => a.Name == alias));
        }

        return LooksLikeNumber(reference)
            ? int.TryParse(reference.AsSpan(reference[0] is 'v' or 'V' ? 1 : 0), out var number) ? ofModel.Where(v => v.Number == number) : ofModel.Where(v => false)
            : ofModel.Where(v => v.Label == reference);
    }

    public static bool IsLabel(string text) => Name().IsMatch(text) && !LooksLikeNumber(text);

    public static bool IsModelName(string text) => Name().IsMatch(text);

    public static bool LooksLikeNumber(string text) => Number().IsMatch(text);

    [GeneratedRegex(@"\A[vV]?[0-9]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex Number();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
