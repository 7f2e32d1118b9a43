using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Slipway.Server.Schedules;

/// <summary>Where a process of this machine reaches this server.</summary>
internal sealed class ServerAddress(IServer server)
{
    /// <exception cref="IOException">The server does not listen yet.</exception>
    public string Current
    {
        get
        {
            var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? throw new IOException("The server does not listen yet.");
            var uri = new Uri(address);
            var host = IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)) ? "127.0.0.1" : uri.Host;
            return $"{uri.Scheme}://{host}:{uri.Port}";
        }
    }

    public bool IsKnown => server.Features.Get<IServerAddressesFeature>()?.Addresses.Count > 0;
}
