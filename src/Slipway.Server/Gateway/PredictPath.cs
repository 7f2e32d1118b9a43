using System.Globalization;
using System.Runtime.InteropServices;

namespace Slipway.Server.Gateway;

/// <summary>How a prediction is asked for and answered.</summary>
internal enum PredictForm
{
    /// <summary>JSON in, Promote's envelope out.</summary>
    Envelope,

    /// <summary>Body and answer pass through; errors are RFC 9457.</summary>
    Invocations,

    /// <summary>Open Inference Protocol v2: tensors in JSON or in binary, in and out.</summary>
    OpenInference,
}

/// <summary>A predict route's path, read without the router. Positions are in the path; a part that is not there has the length 0.</summary>
/// <param name="Name">Where the deployment's name begins.</param>
/// <param name="Revision">Asked for by number; 0: by weight.</param>
/// <param name="Version">Where the model version that was asked for begins.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PredictPath(PredictForm Form, int ScopeLength, int Name, int NameLength, int Revision = 0, int Version = 0, int VersionLength = 0)
{
    private const string Models = "models/";
    private const string OpenInference = "v2/models/";
    private const string Versions = "/versions/";
    private const string Infer = "/infer";

    public bool HasScope => ScopeLength > 0;

    /// <summary>Whether <c>scope/models/name</c> is one slice of the path.</summary>
    public bool IsKey => HasScope && Form != PredictForm.OpenInference;

    /// <summary>
    /// Reads <c>[/{scope}]/models/{name}</c> followed by nothing, <c>/predict</c>, <c>/invocations</c> or <c>/revisions/{n}/invocations</c>, and
    /// <c>[/{scope}]/v2/models/{name}[/versions/{v}]/infer</c>. Case matters, nothing is decoded again, and one slash more is another path.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> path, out PredictPath result)
    {
        result = default;
        if (path.Length < 2 || path[0] != '/')
        {
            return false;
        }

        var at = 1;
        var scope = 0;
        if (!IsForm(path[1..]))
        {
            scope = path[1..].IndexOf('/');
            at = scope + 2;
            if (scope <= 0 || !IsForm(path[at..]) || IsReserved(path.Slice(1, scope)))
            {
                return false;
            }
        }

        var isOpenInference = path[at] == 'v';
        var name = at + (isOpenInference ? OpenInference : Models).Length;
        var nameLength = path[name..].IndexOf('/');
        nameLength = nameLength < 0 ? path.Length - name : nameLength;
        result = new PredictPath(PredictForm.Envelope, scope, name, nameLength);
        return nameLength > 0 && (isOpenInference ? result.ReadInfer(path, ref result) : ReadPredict(path[(name + nameLength)..], ref result));
    }

    private static bool IsForm(ReadOnlySpan<char> path) => path.StartsWith(Models, StringComparison.Ordinal) || path.StartsWith(OpenInference, StringComparison.Ordinal);

    private static bool ReadPredict(ReadOnlySpan<char> rest, ref PredictPath result)
    {
        if (rest is "" or "/predict")
        {
            return true;
        }

        var revision = 0;
        if (rest is not "/invocations"
            && !(rest.StartsWith("/revisions/", StringComparison.Ordinal) && rest.EndsWith("/invocations", StringComparison.Ordinal) && rest.Length > 23
                && int.TryParse(rest[11..^12], NumberStyles.None, CultureInfo.InvariantCulture, out revision) && revision > 0))
        {
            return false;
        }

        result = result with { Form = PredictForm.Invocations, Revision = revision };
        return true;
    }

    private bool ReadInfer(ReadOnlySpan<char> path, ref PredictPath result)
    {
        var end = Name + NameLength;
        var rest = path[end..];
        if (rest is Infer)
        {
            result = this with { Form = PredictForm.OpenInference };
            return true;
        }

        var version = end + Versions.Length;
        var length = rest.Length - Versions.Length - Infer.Length;
        if (length <= 0 || !rest.StartsWith(Versions, StringComparison.Ordinal) || !rest.EndsWith(Infer, StringComparison.Ordinal) || path.Slice(version, length).Contains('/'))
        {
            return false;
        }

        result = this with { Form = PredictForm.OpenInference, Version = version, VersionLength = length };
        return true;
    }

    private static bool IsReserved(ReadOnlySpan<char> scope) => scope is "api" or "ui" or "v1" or "v2";
}
