using System.Net;
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
        var first = await server.Client.StartAsync(("a.bin", kept));
        Assert.True((await Put(first.Id, kept)).Complete);

        var second = await server.Client.StartAsync(("a.bin", kept), ("b.bin", added), ("c.bin", added));

        Assert.Equal([RegistryCalls.Hex(added)], second.Missing);
        Assert.False(second.Complete);
        Assert.True((await Put(second.Id, added)).Complete);

        async Task<UploadInfo> Put(string id, byte[] content) =>
            await (await server.Client.PutBlobAsync(id, content)).ShouldBeAsync(HttpStatusCode.OK, ContractsJson.Default.UploadInfo);
    }
}
