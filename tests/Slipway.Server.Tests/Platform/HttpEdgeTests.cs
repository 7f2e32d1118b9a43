using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Slipway.Server.Identity;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Platform;

public sealed class HttpEdgeTests(SharedServer shared) : IClassFixture<SharedServer>
{
    [Theory]
    [InlineData("GET", "/nothing/here", 404, "not_found")]
    [InlineData("GET", "/api/v1/nothing", 404, "not_found")]
    [InlineData("POST", "/health/live", 405, "method_not_allowed")]
    [InlineData("GET", "/api/v1/users?limit=0", 400, "limit_invalid")]
    [InlineData("GET", "/api/v1/users?limit=x", 400, "limit_invalid")]
    [InlineData("GET", "/api/v1/users?page_token=%25%25", 400, "page_token_invalid")]
    [InlineData("GET", "/api/v1/keys?page_token=AAAA", 400, "page_token_invalid")]
    [InlineData("GET", "/api/v1/keys?all=perhaps", 400, "bad_request")]
    [InlineData("GET", "/api/v1/users?q=%00", 400, "address_malformed")]
    [InlineData("GET", "/api/v1/users/a%0d%0aSet-Cookie:x", 400, "address_malformed")]
    public async Task Whatever_is_refused_is_refused_in_one_form(string method, string path, int status, string code)
    {
        var server = shared.Server;
        await (await server.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path))).ShouldRefuseAsync(status, code);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("127.0.0.1:7070", 200)]
    [InlineData("[::1]", 200)]
    [InlineData("registry.example", 200)]     // configured
    [InlineData("evil.example", 400)]         // a name that was rebound to us
    [InlineData("localhost.evil.example", 400)]
    public async Task Only_known_host_names_are_answered(string host, int status)
    {
        var server = shared.Server;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Host = host;
        var response = await server.Anonymous.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 400)
        {
            await response.ShouldRefuseAsync(400, "host_not_allowed");
        }
    }

    [Fact]
    public async Task A_request_id_is_ours_and_new_each_time()
    {
        var server = shared.Server;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Add("Slipway-Request-Id", "chosen-by-the-client");
        var first = (await server.Anonymous.SendAsync(request)).Headers.GetValues("Slipway-Request-Id").Single();
        var second = (await server.Anonymous.GetAsync("/health/live")).Headers.GetValues("Slipway-Request-Id").Single();
        Assert.NotEqual("chosen-by-the-client", first);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("TEXT/PLAIN;charset=utf-8")]
    public async Task A_body_that_another_site_could_send_is_not_taken(string contentType)
    {
        var server = shared.Server;
        foreach (var path in new[] { "/api/v1/users", "/api/v1/session/redeem" })
        {
            using var content = new ByteArrayContent("{}"u8.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            var response = await server.Client.PostAsync(path, content);
            Assert.Equal(415, (int)response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        }
    }

    /// <summary>Forms that make a reader of forms fail with an exception. Nothing here reads forms.</summary>
    public static TheoryData<string, string, string> Forms => new()
    {
        { "a boundary of 5,000 characters", $"multipart/form-data; boundary={new string('b', 5000)}", $"--{new string('b', 5000)}--" },
        { "no boundary", "multipart/form-data", "--x--" },
        { "200,000 dashes behind the end", "multipart/form-data; boundary=x", $"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x{new string('-', 200_000)}" },
        { "2,000 fields", "application/x-www-form-urlencoded", string.Join('&', Enumerable.Range(0, 2000).Select(i => $"f{i}=1")) },
        { "an end that does not come", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a\"\r\n\r\nhalf" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_form_is_refused_by_every_kind_of_route(string form, string contentType, string body)
    {
        var server = shared.Server;
        foreach (var (method, path, status) in new[]
        {
            ("POST", "/api/v1/models", 415), ("POST", "/api/v1/session", 415), ("POST", "/api/v1/uploads", 415), ("POST", "/api/v1/uploads/archive", 415),
            ("POST", "/production/models/absent", 404), ("POST", "/v2/models/absent/infer", 404),
        })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body)) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            using var response = await server.Client.SendAsync(request);
            Assert.True((int)response.StatusCode == status, $"{form}, {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_before_it_is_read()
    {
        var server = shared.Server;
        await (await server.Client.PostJsonAsync("/api/v1/users", "{\"name\":\"" + new string('a', 1024 * 1024) + "\"}")).ShouldRefuseAsync(413, "body_too_large");
    }

    [Theory]
    [InlineData("GET /health/live HTTP/1.1\r\n\r\n", 400)]                                                                        // no host
    [InlineData("GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET http://other.example/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET /a%00b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nx\r\n0\r\n\r\n", 400)]  // CVE-2025-55315, an LF in a chunk extension
    [InlineData("POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 200000000\r\n\r\n", 413)]
    [InlineData("GET /health/live?q={8,200} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414)]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Long: {33,000}\r\n\r\n", 431)]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: localhost\r\n{101 headers}\r\n", 431)]
    public async Task Malformed_requests_are_refused_and_none_is_a_defect(string request, int status)
    {
        var server = shared.Server;
        request = request.Replace("{8,200}", new string('q', 8200), StringComparison.Ordinal).Replace("{33,000}", new string('x', 33_000), StringComparison.Ordinal)
            .Replace("{101 headers}", string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: 1\r\n")), StringComparison.Ordinal);
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(socket.GetStream(), Encoding.ASCII);
        Assert.StartsWith($"HTTP/1.1 {status}", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_with_a_length_and_chunks_is_read_by_its_chunks_and_nothing_is_left_for_a_second_request()
    {
        var server = shared.Server;
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        var key = server.Client.DefaultRequestHeaders.Authorization!.ToString();
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n"
            + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"name\":\"chunk\"}\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        using var reader = new StreamReader(socket.GetStream(), Encoding.ASCII);
        var all = await reader.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 201", all, StringComparison.Ordinal);
        Assert.Equal(1, all.Split("HTTP/1.1 ").Length - 1);
    }

    [Fact]
    public async Task Headers_that_do_not_come_are_408()
    {
        var server = shared.Server;
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        await socket.GetStream().WriteAsync("GET /health/live HTTP/1.1\r\nHost: loc"u8.ToArray());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var reader = new StreamReader(socket.GetStream(), Encoding.ASCII);
        Assert.StartsWith("HTTP/1.1 408", await reader.ReadLineAsync(patience.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_and_those_within_it_are_served()
    {
        await using var server = await TestServer.StartAsync(o => o.MaxConnections = 2);
        var connections = new List<TcpClient>();
        for (var i = 0; i < 2; i++)
        {
            var socket = new TcpClient();
            connections.Add(socket);
            await socket.ConnectAsync(server.Address.Host, server.Address.Port);
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(socket), StringComparison.Ordinal);
        }

        using (var third = new TcpClient())
        {
            await third.ConnectAsync(server.Address.Host, server.Address.Port);
            Assert.Equal("", await AskAsync(third));
        }

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(connections[0]), StringComparison.Ordinal);
        connections.ForEach(c => c.Dispose());

        // The first line of the answer; nothing when the server has closed the connection.
        static async Task<string> AskAsync(TcpClient socket)
        {
            try
            {
                await socket.GetStream().WriteAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
                var buffer = new byte[4096];
                return Encoding.ASCII.GetString(buffer, 0, await socket.GetStream().ReadAsync(buffer));
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    [Fact]
    public async Task Who_does_not_read_an_answer_is_cut_off()
    {
        Assert.Equal(240, shared.Server.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MinResponseDataRate!.BytesPerSecond);
        await using var server = await TestServer.StartAsync(services: services =>
            services.PostConfigure<KestrelServerOptions>(o => o.Limits.MinResponseDataRate = new MinDataRate(1e9, TimeSpan.FromSeconds(1.1))));   // the same, sooner
        var content = new byte[16 << 20];
        var upload = await server.Client.StartAsync(("file", content));
        await (await server.Client.PutBlobAsync(upload.Id, content)).ShouldSucceedAsync();
        await server.Client.RegisterAsync("long");
        await (await server.Client.PostJsonAsync("/api/v1/models/long/versions", $$"""{"upload_id":"{{upload.Id}}"}""")).ShouldSucceedAsync();
        using var socket = new TcpClient { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/models/long/versions/1/files/file HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.Client.DefaultRequestHeaders.Authorization}\r\n\r\n"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((int)socket.Client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0)   // until the other side has given up
        {
            await Task.Delay(50, patience.Token);
        }

        await (await server.Client.GetAsync("/api/v1/models/long")).ShouldSucceedAsync();
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_408_and_holds_nobody()
    {
        var server = shared.Server;
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        var key = server.Client.DefaultRequestHeaders.Authorization!.ToString();
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var reader = new StreamReader(socket.GetStream(), Encoding.ASCII);
        Assert.StartsWith("HTTP/1.1 408", await reader.ReadLineAsync(patience.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ui_is_served_with_history_fallback_long_cache_and_a_policy()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-ui-");
        Directory.CreateDirectory(Path.Combine(folder.FullName, "assets"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "index.html"), "<title>Slipway</title>");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "assets", "main-1a2b.js"), "1");
        await using var server = await TestServer.StartAsync(o => o.UiFolder = folder.FullName);

        var page = await server.Anonymous.GetAsync("/ui/deployments/production/iris");
        Assert.Equal("<title>Slipway</title>", await page.Content.ReadAsStringAsync());
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains("frame-ancestors 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.True((await server.Anonymous.GetAsync("/ui/assets/main-1a2b.js")).Headers.CacheControl is { MaxAge.TotalDays: 365, Public: true });
        await (await server.Anonymous.GetAsync("/ui/assets/gone.js")).ShouldRefuseAsync(404, "not_found");
        foreach (var climbing in new[] { "/ui/..%2f..%2f..%2f..%2fetc%2fhostname", "/ui//etc/hostname", "/ui/%252e%252e/%252e%252e/etc/hostname", "/ui/..%5c..%5cetc%5chostname" })
        {
            var text = await (await server.Anonymous.GetAsync(climbing)).Content.ReadAsStringAsync();
            Assert.True(text.Contains("Slipway", StringComparison.Ordinal) || text.Contains("not_found", StringComparison.Ordinal), text);
        }

        Assert.Equal("/ui/", (await server.Anonymous.GetAsync("/")).RequestMessage!.RequestUri!.AbsolutePath);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_server_tells_its_state_to_those_who_may_know()
    {
        var server = shared.Server;
        await (await server.Anonymous.GetAsync("/health/ready")).ShouldSucceedAsync();
        await (await server.Anonymous.GetAsync("/metrics")).ShouldRefuseAsync(401, "unauthenticated");
        var metrics = await server.As(Role.Viewer).GetStringAsync("/metrics");
        Assert.Contains("# TYPE slipway_build_info gauge\n# HELP slipway_build_info 1, with the version as a label.\nslipway_build_info{version=\"", metrics, StringComparison.Ordinal);
        Assert.Contains("\nslipway_history_bytes ", metrics, StringComparison.Ordinal);
        Assert.Equal("sqlite", (await server.As(Role.Viewer).GetAsync<Contracts.SystemStatus>("/api/v1/system")).Database);

        using var document = System.Text.Json.JsonDocument.Parse(await server.Anonymous.GetStringAsync("/openapi/v1.json"));
        var create = document.RootElement.GetProperty("paths").GetProperty("/api/v1/keys").GetProperty("post");
        Assert.Contains("manage_account", create.GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Contains("expires_in_days", document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("CreateKeyRequest").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_tell_what_changed_and_users_only_to_administrators()
    {
        var server = shared.Server;
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var admin = new StreamReader(await server.Client.GetStreamAsync("/api/v1/events", timeout.Token));
        using var viewer = new StreamReader(await server.As(Role.Viewer).GetStreamAsync("/api/v1/events", timeout.Token));
        Assert.Equal("retry: 2000", await admin.ReadLineAsync(timeout.Token));
        Assert.Equal("retry: 2000", await viewer.ReadLineAsync(timeout.Token));

        await (await server.Client.PostJsonAsync("/api/v1/users", """{"name":"dora","role":"viewer"}""")).ShouldSucceedAsync();
        await (await server.Client.PostJsonAsync("/api/v1/models", """{"name":"churn"}""")).ShouldSucceedAsync();

        Assert.Contains("users/dora", await DataAsync(admin, timeout.Token), StringComparison.Ordinal);
        Assert.Contains("models/churn", await DataAsync(viewer, timeout.Token), StringComparison.Ordinal);
    }

    private static async Task<string> DataAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return line;
            }
        }

        return "";
    }
}
