using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Slipway.Contracts;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class UploadsTests
{
    [Fact]
    public async Task Only_what_the_server_does_not_have_is_missing()
    {
        await using var server = await TestServer.StartAsync();
        var (kept, added) = (RandomNumberGenerator.GetBytes(200_000), RandomNumberGenerator.GetBytes(10));
        var first = await StartAsync(server.Client, ("a.bin", kept));
        Assert.True((await PutAsync(server.Client, first.Id, kept)).Complete);

        var second = await StartAsync(server.Client, ("a.bin", kept), ("b.bin", added), ("c.bin", added));

        Assert.Equal([Hex(added)], second.Missing);
        Assert.False(second.Complete);
        Assert.True((await PutAsync(server.Client, second.Id, added)).Complete);
    }

    private static async Task<UploadInfo> StartAsync(HttpClient client, params (string Path, byte[] Content)[] files)
    {
        var request = new StartUploadRequest([.. files.Select(f => new UploadFile(f.Path, f.Content.Length, Hex(f.Content)))]);
        var response = await client.PostAsJsonAsync("/api/v1/uploads", request, ContractsJson.Default.StartUploadRequest);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.UploadInfo))!;
    }

    private static async Task<UploadInfo> PutAsync(HttpClient client, string upload, byte[] content)
    {
        var response = await client.PutAsync($"/api/v1/uploads/{upload}/blobs/{Hex(content)}", new ByteArrayContent(content));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.UploadInfo))!;
    }

    private static string Hex(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
