using System.Security.Cryptography;
using System.Text;

namespace Slipway.Server.Identity;

/// <summary>Stores and checks passwords: PBKDF2 with SHA-256, 600,000 rounds (OWASP), a random salt. One check at a time: it costs a core a fifth of a second.</summary>
internal sealed class Passwords : IDisposable
{
    public const int FewestCharacters = 12;
    public const int MostCharacters = 256;
    private const int Rounds = 600_000;
    private readonly SemaphoreSlim one = new(1);

    /// <summary>A hash in the form <c>pbkdf2-sha256$rounds$salt$hash</c>, base64.</summary>
    public Task<string> HashAsync(string password, CancellationToken cancellationToken)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return DeriveAsync(password, salt, Rounds, hash => $"pbkdf2-sha256${Rounds}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}", cancellationToken);
    }

    /// <summary>Whether the password is right. Without a stored hash it takes as long and is false: the time does not tell who exists.</summary>
    public Task<bool> VerifyAsync(string password, string? stored, CancellationToken cancellationToken)
    {
        var parts = stored?.Split('$');
        return parts is ["pbkdf2-sha256", var rounds, var salt, var hash]
            ? DeriveAsync(password, Convert.FromBase64String(salt), int.Parse(rounds), got => CryptographicOperations.FixedTimeEquals(got, Convert.FromBase64String(hash)), cancellationToken)
            : DeriveAsync(password, new byte[16], Rounds, _ => false, cancellationToken);
    }

    public void Dispose() => one.Dispose();

    private async Task<T> DeriveAsync<T>(string password, byte[] salt, int rounds, Func<byte[], T> then, CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(
                () => then(Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, rounds, HashAlgorithmName.SHA256, 32)), cancellationToken);
        }
        finally
        {
            one.Release();
        }
    }
}
