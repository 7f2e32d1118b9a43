using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Slipway.Server.Registry;

/// <summary>Where the next page begins: the last key of this one, opaque to callers.</summary>
internal static class PageToken
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 500;

    public static string Of(string lastKey) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(lastKey));

    public static bool TryRead(string? token, [NotNullWhen(true)] out string? lastKey)
    {
        lastKey = null;
        if (token is not { Length: > 0 and < 1024 } || !Base64Url.IsValid(token))
        {
            return false;
        }

        lastKey = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        return !lastKey.Contains('\0', StringComparison.Ordinal);
    }
}
