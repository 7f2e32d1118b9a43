using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Server.Routing;

/// <summary>A row's share of those who match it: everybody has a point from 0 to 100, and rows with the same conditions have stretches side by side.</summary>
/// <param name="Group">The same for rows with the same conditions; they are drawn for together.</param>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
internal sealed record Split(string Group, double From, double To)
{
    public string Sentence => string.Create(CultureInfo.InvariantCulture, $"takes {To - From:0.##} % of these");

    public bool Has(double point) => point >= From && point < To;

    /// <summary>Where an identity stands: always at the same point of a group. SHA-256 spreads them evenly.</summary>
    /// <param name="salt">Sets tables apart, so that being in one experiment says nothing about another.</param>
    public static double PointOf(string salt, string group, string identity)
    {
        var text = $"{salt}\n{group}\n{identity}";
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (100.0 / (1UL << 53));
    }
}
