using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;
using Slipway.Server.Registry.Uploads;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class UploadsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task An_upload_that_was_cut_at_any_byte_is_finished_by_sending_only_what_is_missing(string database)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await Databases.StartAsync(database);
        var files = Enumerable.Range(0, 6).Select(i => ($"f{i}", Bytes(random, random.Next(0, 200_000)))).ToArray();
        var first = await server.Client.StartAsync(files);
        foreach (var (_, content) in files[..3])
        {
            await (await server.Client.PutBlobAsync(first.Id, content)).ShouldSucceedAsync();
        }

        await CutAsync(server, $"/api/v1/uploads/{first.Id}/blobs/{RegistryCalls.Hex(files[3].Item2)}", files[3].Item2, random.Next(0, Math.Max(1, files[3].Item2.Length)));

        var second = await server.Client.StartAsync(files);
        Assert.Equal(files[3..].Select(f => RegistryCalls.Hex(f.Item2)).Distinct(), second.Missing);
        foreach (var (_, content) in files[3..])
        {
            await (await server.Client.PutBlobAsync(second.Id, content)).ShouldSucceedAsync();
        }

        Assert.True((await server.Client.GetAsync<UploadInfo>($"/api/v1/uploads/{second.Id}")).Complete);
    }

    [Fact]
    public async Task Content_that_is_not_what_was_announced_is_refused_and_not_kept()
    {
        await using var server = await TestServer.StartAsync();
        var content = "right"u8.ToArray();
        var upload = await server.Client.StartAsync(("a", content));
        var before = await Traces.OfAsync(server);

        foreach (var wrong in new[] { "wrong"u8.ToArray(), "righ"u8.ToArray(), "right!"u8.ToArray(), [] })
        {
            await (await server.Client.PutBlobAsync(upload.Id, wrong, RegistryCalls.Hex(content))).ShouldRefuseAsync(400, "digest_mismatch");
        }

        await (await server.Client.PutBlobAsync(upload.Id, "other"u8.ToArray())).ShouldRefuseAsync(404, "blob_not_of_upload");
        await (await server.As(Role.Analyst).PutBlobAsync(upload.Id, content)).ShouldRefuseAsync(404, "upload_not_found");
        Assert.Equal(before, await Traces.OfAsync(server));
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task An_upload_that_is_given_up_or_expires_leaves_nothing(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var before = await Traces.OfAsync(server);
        var content = Encoding.UTF8.GetBytes("content");
        var upload = await server.Client.StartAsync(("a", content), ("b", "never sent"u8.ToArray()));
        await (await server.Client.PutBlobAsync(upload.Id, content)).ShouldSucceedAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await server.Client.DeleteAsync($"/api/v1/uploads/{upload.Id}")).StatusCode);
        Assert.Equal(before, await Traces.OfAsync(server));

        await (await server.Client.PutArchiveAsync(RegistryCalls.TarGz(("a", content)))).ShouldSucceedAsync();
        await server.Services.GetRequiredService<Writes>().RunAsync(
            async (db, token) =>
            {
                await db.Set<Upload>().ExecuteUpdateAsync(u => u.SetProperty(x => x.ExpiresAt, DateTimeOffset.UtcNow.AddSeconds(-1)), token);
                return Result.Done;
            },
            CancellationToken.None);
        await server.Services.GetRequiredService<ArtifactSweeper>().SweepAsync(CancellationToken.None);
        Assert.Equal(before, await Traces.OfAsync(server));
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("")]
    [InlineData("ok", "ok")]
    [InlineData("ok", "ok/inner")]
    public async Task A_path_that_leaves_its_package_or_meets_another_is_refused(params string[] paths)
    {
        await using var server = await TestServer.StartAsync();
        var files = string.Join(',', paths.Select(p => $$"""{"path":{{System.Text.Json.JsonSerializer.Serialize(p)}},"size_bytes":1,"sha256":"{{new string('a', 64)}}"}"""));
        await (await server.Client.PostJsonAsync("/api/v1/uploads", $$"""{"files":[{{files}}]}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    /// <summary>Sends a part of the body and closes the connection.</summary>
    private static async Task CutAsync(TestServer server, string path, byte[] body, int bytes)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"PUT {path} HTTP/1.1\r\nHost: {server.Address.Authority}\r\nAuthorization: {server.Client.DefaultRequestHeaders.Authorization}\r\nContent-Length: {body.Length + 1}\r\n\r\n");
        await socket.SendAsync(Encoding.ASCII.GetBytes(head));
        await socket.SendAsync(body.AsMemory(0, bytes));
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
