using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class ArtifactStoreTests
{
    private const int Chunk = BlobFormat.ChunkBytes + BlobFormat.TagBytes;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(200_000)]
    public async Task What_is_stored_reads_back_whole_and_from_any_byte_and_is_not_readable_on_the_disk(int size)
    {
        await using var server = await TestServer.StartAsync();
        var (store, content) = (server.Services.GetRequiredService<IArtifactStore>(), RandomNumberGenerator.GetBytes(size));
        var digest = await AddAsync(store, content);

        await using var stream = store.Open(digest);
        var read = new MemoryStream();
        await stream.CopyToAsync(read);
        Assert.Equal(content, read.ToArray());
        Assert.Equal(Digest.Of(SHA256.HashData(content)), digest);
        foreach (var from in new[] { 0, size / 2, Math.Max(0, size - 1), size })
        {
            stream.Position = from;
            var rest = new MemoryStream();
            await stream.CopyToAsync(rest);
            Assert.Equal(content[from..], rest.ToArray());
        }

        var stored = await File.ReadAllBytesAsync(FileOf(server, digest));
        Assert.Equal(BlobFormat.StoredBytes(size), stored.Length);
        Assert.True(size < 32 || stored.AsSpan().IndexOf(content.AsSpan(0, 32)) < 0);
    }

    [Fact]
    public async Task Flipped_cut_reordered_and_swapped_bytes_are_all_seen()
    {
        await using var server = await TestServer.StartAsync();
        var store = server.Services.GetRequiredService<IArtifactStore>();
        var digest = await AddAsync(store, RandomNumberGenerator.GetBytes(3 * 65_536));
        var other = await AddAsync(store, RandomNumberGenerator.GetBytes(3 * 65_536));
        var (file, good) = (FileOf(server, digest), await File.ReadAllBytesAsync(FileOf(server, digest)));

        foreach (var position in new[] { 0, 5, 12, 30, 60, BlobFormat.HeaderBytes, BlobFormat.HeaderBytes + Chunk, good.Length - 1 })
        {
            var flipped = (byte[])good.Clone();
            flipped[position] ^= 1;
            await DamagedAsync(flipped);
        }

        await DamagedAsync(good[..^1]);
        await DamagedAsync(good[..^Chunk]);
        await DamagedAsync([.. good, 0]);
        await DamagedAsync([]);
        await DamagedAsync([.. good[..BlobFormat.HeaderBytes], .. good[(BlobFormat.HeaderBytes + Chunk)..(BlobFormat.HeaderBytes + (2 * Chunk))], .. good[BlobFormat.HeaderBytes..(BlobFormat.HeaderBytes + Chunk)], .. good[(BlobFormat.HeaderBytes + (2 * Chunk))..]]);
        await DamagedAsync(await File.ReadAllBytesAsync(FileOf(server, other)));

        async Task DamagedAsync(byte[] bytes)
        {
            await File.WriteAllBytesAsync(file, bytes);
            await Assert.ThrowsAnyAsync<CorruptBlobException>(async () =>
            {
                await using var stream = store.Open(digest);
                await stream.CopyToAsync(Stream.Null);
            });
        }
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData("missing")]
    [InlineData("junk")]
    [InlineData("open to others")]
    public async Task With_a_wrong_or_missing_master_key_the_server_does_not_start_and_overwrites_nothing(string key)
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-").FullName;
        var file = Path.Combine(folder, "master.key");
        Digest digest;
        await using (var server = await TestServer.StartAsync(dataFolder: folder))
        {
            digest = await AddAsync(server.Services.GetRequiredService<IArtifactStore>(), [1, 2, 3]);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        var good = await File.ReadAllTextAsync(file);
        switch (key)
        {
            case "missing":
                File.Delete(file);
                break;
            case "open to others":
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
                break;
            default:
                await File.WriteAllTextAsync(file, key == "junk" ? "not a key" : Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
                break;
        }

        var before = File.Exists(file) ? await File.ReadAllTextAsync(file) : null;
        var refused = await Assert.ThrowsAsync<MasterKeyException>(() => TestServer.StartAsync(dataFolder: folder));
        Assert.Contains("master", refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before, File.Exists(file) ? await File.ReadAllTextAsync(file) : null);

        await File.WriteAllTextAsync(file, good);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using (var server = await TestServer.StartAsync(dataFolder: folder))
        {
            await using var stream = server.Services.GetRequiredService<IArtifactStore>().Open(digest);
            Assert.Equal(3, stream.Length);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Verify_names_a_flipped_byte_a_deleted_blob_and_orphans(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var version = await server.Client.PushedAsync("churn", ("flipped", "1"), ("deleted", "2"), ("good", "3"));
        var files = version.Files.ToDictionary(f => f.Path, f => Digest.Parse(f.Sha256));
        Assert.Empty(await FindingsAsync());

        var flipped = await File.ReadAllBytesAsync(FileOf(server, files["flipped"]));
        flipped[^1] ^= 1;
        await File.WriteAllBytesAsync(FileOf(server, files["flipped"]), flipped);
        File.Delete(FileOf(server, files["deleted"]));
        var orphan = await AddAsync(server.Services.GetRequiredService<IArtifactStore>(), [9]);
        await File.WriteAllTextAsync(Path.Combine(server.DataFolder, "artifacts/blobs/stray"), "x");

        var found = await FindingsAsync();
        Assert.Equal(
            [("corrupt_blob", files["flipped"].Hex), ("missing_blob", files["deleted"].Hex), ("orphan_blob", $"{orphan.Hex[..2]}/{orphan.Hex}"), ("orphan_blob", "stray")],
            found.OrderBy(f => f.Kind, StringComparer.Ordinal).ThenBy(f => f.What.Length == 5));
        Assert.Equal(4, found.Count);

        async Task<List<(string Kind, string What)>> FindingsAsync() =>
            [.. (await (await server.Client.PostAsync("/api/v1/system/verify", null)).ReadAsync<VerifyReport>()).Findings.Select(f => (f.Kind, f.What))];
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task The_sweeper_never_takes_what_a_version_needs(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var sweeper = server.Services.GetRequiredService<ArtifactSweeper>();
        await server.Client.RegisterAsync("m");
        using var stop = new CancellationTokenSource();
        var sweeping = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await sweeper.SweepAsync(CancellationToken.None);
            }
        });

        // The same few contents come and go, so that each is often deleted just when it is wanted again.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async worker =>
        {
            for (var i = 0; i < 10; i++)
            {
                var version = await server.Client.PushedAsync("m", ("a", $"{i % 2}"), ("b", $"{worker}"));
                if (i % 3 != 0)
                {
                    await (await server.Client.DeleteAsync($"/api/v1/models/m/versions/{version.Version}")).ShouldSucceedAsync();
                }
            }
        }));
        await stop.CancelAsync();
        await sweeping;

        var (_, _, findings) = await VerifyStore.RunAsync(
            server.Services.GetRequiredService<Database>(), server.Services.GetRequiredService<IArtifactStore>(), server.Services.GetRequiredService<BlobLocks>(),
            server.Services.GetServices<IBlobUse>(), CancellationToken.None);
        Assert.Empty(findings);
        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(16, await db.Set<Slipway.Server.Registry.ModelVersion>().CountAsync());
    }

    private static async Task<Digest> AddAsync(IArtifactStore store, byte[] content)
    {
        using var staged = await store.StageAsync(new MemoryStream(content), content.Length, CancellationToken.None);
        store.Publish(staged);
        return staged.Digest;
    }

    private static string FileOf(TestServer server, Digest digest) => Path.Combine(server.DataFolder, "artifacts/blobs", digest.Hex[..2], digest.Hex);
}
