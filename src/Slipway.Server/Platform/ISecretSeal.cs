namespace Slipway.Server.Platform;

/// <summary>Encrypts small secrets under the master key, for features that store them.</summary>
internal interface ISecretSeal
{
    /// <param name="bound">What the secret belongs to, such as <c>webhook ID</c>: it opens for that alone, so that rows cannot be swapped.</param>
    byte[] Seal(ReadOnlySpan<byte> secret, string bound);

    /// <exception cref="System.Security.Cryptography.CryptographicException">Damaged, or sealed by another key or for something else.</exception>
    byte[] Open(ReadOnlySpan<byte> sealedSecret, string bound);
}
