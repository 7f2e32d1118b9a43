using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Server.Identity;

/// <summary>Makes the texts that prove an identity, and what is stored of them.</summary>
internal static class Secret
{
    /// <summary>Characters of a key that lists show: <c>slw_</c> and eight more.</summary>
    public const int PrefixLength = 12;

    /// <summary>The longest text that is looked at; anything longer is not ours.</summary>
    public const int MostCharacters = 200;

    /// <summary>A new API key: <c>slw_</c> and 256 random bits.</summary>
    public static string NewKey() => "slw_" + NewToken();

    /// <summary>256 random bits in base64url.</summary>
    public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Lower-case hex SHA-256 of the UTF-8 text: the form in which keys, cookies and links are stored and looked up.</summary>
    public static string Hash(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[MostCharacters * 3];
        if (text.Length > MostCharacters)
        {
            return "";   // no stored hash is empty
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(text, utf8)], hash);
        return Convert.ToHexStringLower(hash);
    }
}
