using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Platform;

/// <summary>
/// The one client for calls to addresses that somebody typed in: webhooks, providers. It decides at connect time, on the address that it then connects to, so a
/// name that resolves differently the second time gains nothing. Private, loopback and link-local addresses are refused unless the host is in
/// <see cref="ServerOptions.AllowedPrivateHosts"/>; so is plain http. It follows no redirect to another host, uses no proxy and keeps no cookies.
/// </summary>
internal sealed class OutboundClient : IDisposable
{
    private const int MostRedirects = 3;
    private readonly HttpClient client;
    private readonly HashSet<string> allowed;

    public OutboundClient(IOptions<ServerOptions> options)
    {
        allowed = options.Value.AllowedPrivateHosts.ToHashSet(StringComparer.OrdinalIgnoreCase);
        client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10), MaxResponseHeadersLength = 32,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2), ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,   // the caller's token is the deadline
        };
    }

    /// <summary>Sends a request; the answer's body is not read yet.</summary>
    /// <returns>The answer, whatever its status; <c>address_refused</c> or <c>redirect_refused</c>.</returns>
    /// <exception cref="HttpRequestException">The other side could not be reached.</exception>
    /// <param name="followRedirects">False: a redirect is an answer like another.</param>
    public async Task<Result<HttpResponseMessage>> SendAsync(
        Func<Uri, HttpRequestMessage> request, Uri address, CancellationToken cancellationToken, bool followRedirects = true)
    {
        for (var hop = 0; ; hop++)
        {
            if (CheckScheme(address) is { } refusal)
            {
                return refusal;
            }

            HttpResponseMessage response;
            using (var message = request(address))
            {
                try
                {
                    response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                }
                catch (HttpRequestException exception) when (exception.InnerException is AddressRefusedException)
                {
                    return AddressRefused;
                }

                var redirects = followRedirects && (response.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
                    || ((int)response.StatusCode is 301 or 302 or 303 && message.Method == HttpMethod.Get));
                if (!redirects || response.Headers.Location is null)
                {
                    return response;
                }
            }

            var next = new Uri(address, response.Headers.Location);
            response.Dispose();
            if (hop == MostRedirects || next.Scheme != address.Scheme || next.Authority != address.Authority)
            {
                return Refusal.BadRequest("redirect_refused", "The other side redirects to another host, or too often; use the final address.");
            }

            address = next;
        }
    }

    /// <summary>What can be said of an address before it is called: its scheme, and where it is an address itself, whether that is public. Null: nothing speaks against it.</summary>
    public Refusal? Check(Uri address) => CheckScheme(address)
        ?? (IPAddress.TryParse(address.IdnHost, out var literal) && !IsPublic(literal) && !allowed.Contains(address.IdnHost) ? AddressRefused : null);

    public void Dispose() => client.Dispose();

    /// <summary>Whether an address is out on the internet: not loopback, private, link-local, shared, multicast, documentation or unspecified.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return bytes switch
            {
                [0 or 10 or 127, ..] => false,
                [100, >= 64 and <= 127, ..] => false,
                [169, 254, ..] => false,
                [172, >= 16 and <= 31, ..] => false,
                [192, 168, ..] => false,
                [192, 0, 0 or 2, _] => false,
                [192, 88, 99, _] => false,
                [198, 18 or 19, ..] => false,
                [198, 51, 100, _] => false,
                [203, 0, 113, _] => false,
                [>= 224, ..] => false,
                _ => true,
            };
        }

        // Only global unicast, without what wraps an IPv4 address (6to4, Teredo, NAT64 lies outside) and documentation.
        return (bytes[0] & 0xE0) == 0x20
            && !(bytes is [0x20, 0x02, ..] or [0x20, 0x01, 0x00, 0x00, ..] or [0x20, 0x01, 0x0D, 0xB8, ..] or [0x3F, 0xFF, ..]);
    }

    private static Refusal AddressRefused { get; } = Refusal.BadRequest(
        "address_refused", "This address is private or not https; an operator can allow its host by AllowedPrivateHosts.");

    private Refusal? CheckScheme(Uri address) =>
        address.IsAbsoluteUri && address.UserInfo.Length == 0 && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && allowed.Contains(address.IdnHost)))
            ? null
            : AddressRefused;

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        var addresses = await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var usable = allowed.Contains(target.Host) ? addresses : addresses.Where(IsPublic).ToArray();
        if (usable.Length == 0)
        {
            throw new AddressRefusedException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(usable, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class AddressRefusedException() : IOException("The address is not public.");
}
