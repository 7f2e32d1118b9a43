namespace Slipway.Server.Platform;

/// <summary>The ETag of what two people may edit: the number of its last change by a person.</summary>
internal static class Etag
{
    /// <summary>The If-Match header of a request; null when there is none.</summary>
    public static string? Of(HttpRequest request) => request.Headers.IfMatch is [{ Length: > 0 } etag, ..] ? etag : null;

    public static string Of(long edit) => $"\"{edit}\"";

    /// <summary>Whether an If-Match header allows the change; quotes may be missing, <c>*</c> means any.</summary>
    public static bool Matches(string ifMatch, long edit) =>
        ifMatch.Split(',').Select(t => t.Trim().Trim('"')).Any(t => t == "*" || t == edit.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
