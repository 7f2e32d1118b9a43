using System.Diagnostics.CodeAnalysis;

namespace Slipway.Server.Artifacts;

/// <summary>SHA-256 of content: 64 lower-case hexadecimal digits.</summary>
internal readonly record struct Digest
{
    private Digest(string hex) => Hex = hex;

    public string Hex { get; }

    public byte[] Bytes => Convert.FromHexString(Hex);

    public static Digest Of(ReadOnlySpan<byte> hash) => new(Convert.ToHexStringLower(hash));

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        var valid = text is { Length: 64 } && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
        digest = valid ? new Digest(text!) : default;
        return valid;
    }

    public static Digest Parse(string text) => TryParse(text, out var digest) ? digest : throw new FormatException("Not a SHA-256 in lower-case hexadecimal.");

    public override string ToString() => Hex;
}
