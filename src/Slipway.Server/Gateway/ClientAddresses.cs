using System.Net;

namespace Slipway.Server.Gateway;

/// <summary>Whose request it is, by address: the peer's, or what a trusted proxy says.</summary>
internal sealed class ClientAddresses
{
    private readonly IPNetwork[] trusted;

    /// <param name="proxies">Addresses or networks; one that is neither stops the server at its start.</param>
    public ClientAddresses(IEnumerable<string> proxies) => trusted = [.. proxies.Select(Parse)];

    /// <summary>A hash of the caller's address; never 0.</summary>
    public ulong HashOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.Loopback;
        if (trusted.Length > 0 && IsTrusted(address) && context.Request.Headers["X-Forwarded-For"] is { Count: > 0 } forwarded)
        {
            address = Forwarded(forwarded.ToString()) ?? address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return ReplicaChoice.Hash(address.IsIPv4MappedToIPv6 ? bytes[12..16] : bytes[..length]);
    }

    // From the right: each proxy adds whom it saw, so the first that is no proxy of ours is the caller. What stands before it anybody can have written.
    private IPAddress? Forwarded(string header)
    {
        IPAddress? last = null;
        foreach (var part in header.Split(',', StringSplitOptions.TrimEntries).Reverse())
        {
            if (!IPAddress.TryParse(part, out var address))
            {
                return last;
            }

            last = address;
            if (!IsTrusted(address))
            {
                return address;
            }
        }

        return last;
    }

    private bool IsTrusted(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(trusted, network => network.Contains(plain));
    }

    private static IPNetwork Parse(string text) => IPNetwork.TryParse(text, out var network)
        ? network
        : IPAddress.TryParse(text, out var address)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : throw new FormatException($"Slipway:Gateway:TrustedProxies: {text} is neither an address nor a network such as 10.0.0.0/8.");
}
