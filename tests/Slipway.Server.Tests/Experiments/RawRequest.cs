using System.Net.Sockets;
using System.Text;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

/// <summary>A request of one byte whose address goes out as it is written: HttpClient would tidy it up first.</summary>
internal static class RawRequest
{
    public static async Task<int> SendAsync(TestServer server, string method, string address)
    {
        var key = server.As(Role.Administrator).DefaultRequestHeaders.Authorization!.Parameter;
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {address} HTTP/1.1\r\nHost: {server.Address.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return int.Parse((await reader.ReadLineAsync())!.Split(' ')[1]);
    }
}
