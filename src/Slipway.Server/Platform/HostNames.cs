using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Platform;

/// <summary>The host names that a request may carry: loopback names, the listen address and what the operator allows. Anything else could be a page that rebinds its name to us.</summary>
internal sealed class HostNames
{
    private readonly FrozenSet<string> hosts;

    public HostNames(IOptions<ServerOptions> options)
    {
        var listen = IPAddress.Parse(options.Value.Listen);
        string[] own = listen.Equals(IPAddress.Any) || listen.Equals(IPAddress.IPv6Any)
            ? []
            : [listen.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{listen}]" : listen.ToString()];
        hosts = new[] { "localhost", "127.0.0.1", "[::1]" }.Concat(own).Concat(options.Value.AllowedHosts).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    public bool Allow(HostString host) => hosts.Contains(host.Host) || host.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
}
