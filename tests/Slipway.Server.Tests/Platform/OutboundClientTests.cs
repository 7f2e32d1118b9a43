using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

public sealed class OutboundClientTests
{
    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("169.254.169.254", false)]       // the metadata service of clouds
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]      // loopback in another dress
    [InlineData("::ffff:93.184.216.34", true)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2606:2800:220:1::1", true)]
    public void Only_addresses_of_the_internet_are_public(string address, bool isPublic) => Assert.Equal(isPublic, OutboundClient.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://127.0.0.1:9/")]
    [InlineData("https://localhost:9/")]         // a name is judged by what it resolves to
    [InlineData("https://[::1]:9/")]
    [InlineData("http://93.184.216.34/")]        // not https
    [InlineData("ftp://93.184.216.34/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user:secret@93.184.216.34/")]
    public async Task A_private_address_is_refused_before_a_connection_is_made(string address)
    {
        using var client = ClientOf();
        Assert.Equal("address_refused", (await client.SendAsync(Get, new Uri(address), CancellationToken.None)).Refusal?.Code);
    }

    [Fact]
    public async Task An_allowed_host_is_reached_and_redirects_stay_on_it()
    {
        await using var other = await ServeAsync(_ => Results.Text("secret"));
        await using var app = await ServeAsync(context => context.Request.Path.Value switch
        {
            "/same" => Results.Redirect("/end"),
            "/other" => Results.Redirect(AddressOf(other) + "/end"),
            "/loop" => Results.Redirect("/loop"),
            _ => Results.Text("here"),
        });
        using var client = ClientOf("127.0.0.1");
        var root = new Uri(AddressOf(app));
        using (var same = (await client.SendAsync(Get, new Uri(root, "/same"), CancellationToken.None)).Value)
        {
            Assert.Equal("here", await same.Content.ReadAsStringAsync());
        }

        Assert.Equal("redirect_refused", (await client.SendAsync(Get, new Uri(root, "/other"), CancellationToken.None)).Refusal?.Code);
        Assert.Equal("redirect_refused", (await client.SendAsync(Get, new Uri(root, "/loop"), CancellationToken.None)).Refusal?.Code);
    }

    private static HttpRequestMessage Get(Uri address) => new(HttpMethod.Get, address);

    private static OutboundClient ClientOf(params string[] allowed) => new(Options.Create(new ServerOptions { AllowedPrivateHosts = [.. allowed] }));

    private static string AddressOf(WebApplication app) => app.Urls.Single();

    private static async Task<WebApplication> ServeAsync(Func<HttpContext, IResult> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/{**path}", answer);
        await app.StartAsync();
        return app;
    }
}
