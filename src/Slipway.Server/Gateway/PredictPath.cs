using System.Globalization;

namespace Slipway.Server.Gateway;

/// <summary>How a prediction is asked for and answered.</summary>
internal enum PredictForm
{
    /// <summary>JSON in, Promote's envelope out.</summary>
    Envelope,

    /// <summary>Body and answer pass through; errors are RFC 9457.</summary>
    Invocations,
}

/// <summary>A predict route's path, read without the router.</summary>
/// <param name="Start">Where <c>scope/models/name</c> begins, or <c>models/name</c> without a scope.</param>
/// <param name="Revision">Asked for by number; 0: by weight.</param>
internal readonly record struct PredictPath(int Start, int Length, bool HasScope, PredictForm Form, int Revision)
{
    private const string Models = "models/";

    /// <summary>
    /// Reads <c>[/{scope}]/models/{name}</c> followed by nothing, <c>/predict</c>, <c>/invocations</c> or <c>/revisions/{n}/invocations</c>. Case matters, nothing is
    /// decoded again, and one slash more is another path.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> path, out PredictPath result)
    {
        result = default;
        if (path.Length < 2 || path[0] != '/')
        {
            return false;
        }

        var hasScope = !path[1..].StartsWith(Models, StringComparison.Ordinal);
        var scope = hasScope ? path[1..].IndexOf('/') : 0;
        if (scope < 0 || (hasScope && (scope == 0 || !path[(scope + 2)..].StartsWith(Models, StringComparison.Ordinal) || IsReserved(path.Slice(1, scope)))))
        {
            return false;
        }

        var name = (hasScope ? scope + 2 : 1) + Models.Length;
        var nameLength = path[name..].IndexOf('/');
        nameLength = nameLength < 0 ? path.Length - name : nameLength;
        if (nameLength == 0)
        {
            return false;
        }

        var rest = path[(name + nameLength)..];
        var revision = 0;
        PredictForm form;
        if (rest is "" or "/predict")
        {
            form = PredictForm.Envelope;
        }
        else if (rest is "/invocations")
        {
            form = PredictForm.Invocations;
        }
        else if (rest.StartsWith("/revisions/", StringComparison.Ordinal) && rest.EndsWith("/invocations", StringComparison.Ordinal) && rest.Length > 23
            && int.TryParse(rest[11..^12], NumberStyles.None, CultureInfo.InvariantCulture, out revision) && revision > 0)
        {
            form = PredictForm.Invocations;
        }
        else
        {
            return false;
        }

        result = new PredictPath(1, name + nameLength - 1, hasScope, form, revision);
        return true;
    }

    private static bool IsReserved(ReadOnlySpan<char> scope) => scope is "api" or "ui" or "v1" or "v2";
}
