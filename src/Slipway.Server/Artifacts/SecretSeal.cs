using System.Security.Cryptography;
using System.Text;
using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>Small secrets under the master key: 1 byte version, 12 nonce, 16 tag, ciphertext (AES-256-GCM).</summary>
internal sealed class SecretSeal(MasterKey master) : ISecretSeal
{
    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int HeaderBytes = 1 + NonceBytes + BlobFormat.TagBytes;

    public byte[] Seal(ReadOnlySpan<byte> secret, string bound)
    {
        var result = new byte[HeaderBytes + secret.Length];
        result[0] = Version;
        var nonce = result.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        master.Wrap(nonce, secret, result.AsSpan(HeaderBytes), result.AsSpan(1 + NonceBytes, BlobFormat.TagBytes), Encoding.UTF8.GetBytes(bound));
        return result;
    }

    public byte[] Open(ReadOnlySpan<byte> sealedSecret, string bound)
    {
        if (sealedSecret.Length < HeaderBytes || sealedSecret[0] != Version)
        {
            throw new CryptographicException("This is not a sealed secret.");
        }

        var secret = new byte[sealedSecret.Length - HeaderBytes];
        master.Unwrap(sealedSecret.Slice(1, NonceBytes), sealedSecret[HeaderBytes..], sealedSecret.Slice(1 + NonceBytes, BlobFormat.TagBytes), secret, Encoding.UTF8.GetBytes(bound));
        return secret;
    }
}
