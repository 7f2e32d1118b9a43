using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Secrets and signatures as the Standard Webhooks specification has them.</summary>
internal static class WebhookSignature
{
    public const string SecretPrefix = "whsec_";

    /// <summary>256 random bits.</summary>
    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(32);

    public static string Text(ReadOnlySpan<byte> key) => SecretPrefix + Convert.ToBase64String(key);

    /// <summary>The header <c>webhook-signature</c>: one <c>v1,</c> signature of <c>id.timestamp.body</c> for each key, separated by spaces.</summary>
    public static string Of(IEnumerable<byte[]> keys, string id, long timestamp, string body)
    {
        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.{body}"));
        return string.Join(' ', keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed))));
    }
}
