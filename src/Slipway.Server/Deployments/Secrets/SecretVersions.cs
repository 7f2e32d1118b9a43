using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>Which version each secret has, at one moment.</summary>
internal sealed class SecretVersions
{
    private readonly Dictionary<(Guid Environment, string Name), (Guid Id, int Version)> versions;

    private SecretVersions(Dictionary<(Guid, string), (Guid, int)> versions) => this.versions = versions;

    public static async Task<SecretVersions> ReadAsync(SlipwayDbContext db, CancellationToken cancellationToken) => new(
        (await db.Set<EnvironmentSecret>().AsNoTracking().Select(s => new { s.EnvironmentId, s.Name, s.Id, s.Version }).ToListAsync(cancellationToken))
        .ToDictionary(s => (s.EnvironmentId, s.Name), s => (s.Id, s.Version)));

    /// <summary>Names the versions of these secrets: equal as long as none of them is set again. Made of no value.</summary>
    /// <returns>Null: there are no secrets.</returns>
    public string? DigestOf(Guid environment, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return null;
        }

        var text = string.Join('\n', names.Order(StringComparer.Ordinal).Select(name => versions.TryGetValue((environment, name), out var v)
            ? string.Create(CultureInfo.InvariantCulture, $"{name} {v.Id:N} {v.Version}")
            : $"{name} missing"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }
}
