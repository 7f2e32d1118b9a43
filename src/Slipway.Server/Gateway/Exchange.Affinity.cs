using System.Globalization;
using System.Runtime.InteropServices;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>4, before the place: to which replica the caller belongs, where the deployment keeps callers together.</summary>
internal sealed partial class Exchange
{
    private void SetAffinity()
    {
        (ticket.Pin, ticket.Affinity) = (0, 0);
        var route = target!.Route;
        switch (route.Balancer?.Sticky)
        {
            case Stickiness.Cookie when context.Request.Cookies[route.Balancer.Name] is { Length: 16 } cookie
                && ulong.TryParse(cookie, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var tag):
                ticket.Pin = tag;
                break;
            case Stickiness.Header when context.Request.Headers[route.Balancer.Name] is { Count: 1 } values && values[0] is { Length: > 0 } session:
                ticket.Affinity = ReplicaChoice.Hash(MemoryMarshal.AsBytes(session.AsSpan()));
                return;
        }

        if (route.LoadBalancing == LoadBalancing.IpHash)
        {
            ticket.Affinity = gateway.Addresses.HashOf(context);
        }
    }

    /// <summary>Tells a browser which replica it is on, when that is another one than it said.</summary>
    private void WriteStickyCookie()
    {
        if (target?.Route.Balancer is { Sticky: Stickiness.Cookie } balancer && slot is not null && slot.Tag != ticket.Pin)
        {
            context.Response.Headers.Append(
                "Set-Cookie",
                $"{balancer.Name}={slot.Tag.ToString("x16", CultureInfo.InvariantCulture)}; Path=/; HttpOnly; SameSite=Lax{(context.Request.IsHttps ? "; Secure" : "")}");
        }
    }
}
