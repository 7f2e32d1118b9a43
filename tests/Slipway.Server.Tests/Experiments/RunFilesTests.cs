using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

public sealed class RunFilesTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Files_are_stored_listed_as_a_tree_read_in_ranges_replaced_and_removed(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        var content = new byte[200_000];
        new Random(1).NextBytes(content);
        var stored = await (await server.Client.PutArtifactAsync(run.Id, "model/weights.bin", content, RegistryCalls.Hex(content))).ReadAsync<RunArtifactInfo>();
        Assert.Equal((200_000L, RegistryCalls.Hex(content)), (stored.SizeBytes, stored.Sha256));
        foreach (var path in new[] { "model/a/b.txt", "model/%C3%A4.txt", "readme.md" })
        {
            await (await server.Client.PutArtifactAsync(run.Id, path, "text"u8.ToArray())).ShouldSucceedAsync();
        }

        var root = (await server.Client.GetAsync<Page<ArtifactEntry>>($"/api/v1/runs/{run.Id}/tree")).Items;
        Assert.Equal([("model", true, 3, 200_008L), ("readme.md", false, 1, 4L)], root.Select(e => (e.Path, e.IsFolder, e.FileCount, e.SizeBytes)));
        var model = (await server.Client.GetAsync<Page<ArtifactEntry>>($"/api/v1/runs/{run.Id}/tree?path=model")).Items;
        Assert.Equal(["model/a", "model/weights.bin", "model/ä.txt"], model.Select(e => e.Path));
        Assert.Equal(4, (await server.Client.GetAsync<Page<RunArtifactInfo>>($"/api/v1/runs/{run.Id}/artifacts?limit=50")).Items.Count);

        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run.Id}/artifacts/model/weights.bin");
        request.Headers.Range = new RangeHeaderValue(65_530, 131_080);
        var part = await server.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.PartialContent, "attachment"), (part.StatusCode, part.Content.Headers.ContentDisposition?.DispositionType));
        Assert.Equal(content[65_530..131_081], await part.Content.ReadAsByteArrayAsync());

        await (await server.Client.PutArtifactAsync(run.Id, "model/weights.bin", [1, 2, 3])).ShouldSucceedAsync();
        Assert.Equal([1, 2, 3], await server.Client.GetByteArrayAsync($"/api/v1/runs/{run.Id}/artifacts/model/weights.bin"));
        await (await server.Client.DeleteAsync($"/api/v1/runs/{run.Id}/artifacts/model")).ShouldSucceedAsync();
        Assert.Equal(1, (await server.Client.GetAsync<RunDetail>($"/api/v1/runs/{run.Id}")).ArtifactCount);
        await (await server.Client.GetAsync($"/api/v1/runs/{run.Id}/artifacts/model/weights.bin")).ShouldRefuseAsync(404, "artifact_not_found");
        await server.Services.GetRequiredService<ArtifactSweeper>().SweepAsync(CancellationToken.None);
        Assert.Equal("text"u8.ToArray(), await server.Client.GetByteArrayAsync($"/api/v1/runs/{run.Id}/artifacts/readme.md"));
        Assert.Single(Directory.EnumerateFiles(Path.Combine(server.DataFolder, "artifacts"), "*", SearchOption.AllDirectories));   // what nobody needs went at once
    }

    [Fact]
    public async Task A_path_that_could_leave_its_folder_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        var run = await server.Client.GivenRunAsync();
        var before = await server.TracesAsync();
        foreach (var path in new[] { "a//b", "/etc/passwd", "a%5Cb", "a%2Fb", "%2e%2e/b", "a%252e%252e%2fb", "..%2fb", new string('a', 256) })
        {
            Assert.Contains(await RawRequest.SendAsync(server, "PUT", $"/api/v1/runs/{run.Id}/artifacts/{path}"), new[] { 400, 404, 405 });
        }

        Assert.Equal(before, await server.TracesAsync());
    }

    [Fact]
    public async Task What_cannot_be_stored_leaves_nothing_behind()
    {
        await using var server = await TestServer.StartAsync(services: s => s.Configure<ArtifactOptions>(o => (o.MaxFileBytes, o.MaxPackageBytes) = (1000, 1500)));
        var run = await server.Client.GivenRunAsync();
        await (await server.Client.PutArtifactAsync(run.Id, "a/b", [1])).ShouldSucceedAsync();
        var before = await server.TracesAsync();
        await (await server.Client.PutArtifactAsync(run.Id, "a", [1])).ShouldRefuseAsync(409, "artifact_path_taken");
        await (await server.Client.PutArtifactAsync(run.Id, "a/b/c", [2])).ShouldRefuseAsync(409, "artifact_path_taken");
        await (await server.Client.PutArtifactAsync(run.Id, "d", [2], new string('0', 64))).ShouldRefuseAsync(400, "digest_mismatch");
        await (await server.Client.PutArtifactAsync(new string('0', 32), "d", [2])).ShouldRefuseAsync(404, "run_not_found");
        var tooLarge = await (await server.Client.PutArtifactAsync(run.Id, "d", new byte[1001])).ShouldRefuseAsync(413, "body_too_large");
        Assert.Equal((1000, 1001), (tooLarge.Limit, tooLarge.Current));

        // What is measured is the package, all of it, and not the list of its files.
        var files = string.Join(',', Enumerable.Range(0, 3).Select(i => $$"""{"path":"{{i}}","size_bytes":800,"sha256":"{{new string('a', 64)}}"}"""));
        tooLarge = await (await server.Client.PostJsonAsync("/api/v1/uploads", $$"""{"files":[{{files}}]}""")).ShouldRefuseAsync(413, "too_large");
        Assert.Equal((1500, 2400), (tooLarge.Limit, tooLarge.Current));
        Assert.Equal(before, await server.TracesAsync());
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Verify_knows_the_files_of_runs(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        var file = await (await server.Client.PutArtifactAsync(run.Id, "model.pkl", [1, 2, 3])).ReadAsync<RunArtifactInfo>();
        Assert.Empty((await VerifyAsync()).Findings);
        File.Delete(Path.Combine(server.DataFolder, "artifacts/blobs", file.Sha256[..2], file.Sha256));
        var finding = (await VerifyAsync()).Findings.Single();
        Assert.Equal(("missing_blob", true), (finding.Kind, finding.Detail.Contains($"model.pkl of run {run.Id}", StringComparison.Ordinal)));

        async Task<VerifyReport> VerifyAsync() => await (await server.Client.PostAsync("/api/v1/system/verify", null)).ReadAsync<VerifyReport>();
    }
}
