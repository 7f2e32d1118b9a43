using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class ArchivesTests(ITestOutputHelper output)
{
    private static readonly (string Entry, string Kind)[] Hostile =
    [
        ("../climb", "climbing"), ("/absolute", "absolute"), ("a/../../b", "climbing inside"), ("back\\slash", "backslash"), ("link", "symbolic link"),
        ("hard", "hard link"), ("pipe", "FIFO"), ("disk", "block device"), ("tty", "character device"), ("twice", "one name twice"), ("file/inside", "folder that is a file"),
    ];

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_hostile_archive_is_refused_by_the_name_of_its_entry_and_leaves_nothing(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var before = await Traces.OfAsync(server);
        foreach (var (entry, kind) in Hostile)
        {
            var response = await server.Client.PutArchiveAsync(RegistryCalls.TarGz(tar =>
            {
                tar.WriteEntry(File("good.txt"));
                foreach (var bad in Entries(entry, kind))
                {
                    tar.WriteEntry(bad);
                }
            }));

            var problem = await response.ShouldRefuseAsync(400, "bad_archive");
            Assert.Contains(kind == "folder that is a file" ? "\"file\"" : entry, problem.Detail);
            Assert.Equal(before, await Traces.OfAsync(server));
        }
    }

    [Fact]
    public async Task A_bomb_is_refused_before_it_has_unfolded()
    {
        await using var server = await TestServer.StartAsync();
        var before = await Traces.OfAsync(server);
        var bomb = RegistryCalls.TarGz(tar => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "zeros") { DataStream = new MemoryStream(new byte[100 << 20]) }));

        await (await server.Client.PutArchiveAsync(bomb)).ShouldRefuseAsync(413, "too_large");
        Assert.Equal(before, await Traces.OfAsync(server));
    }

    [Fact]
    public async Task An_archive_that_is_cut_at_any_byte_is_refused_and_leaves_nothing()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await TestServer.StartAsync();
        var before = await Traces.OfAsync(server);
        var content = new byte[150_000];
        random.NextBytes(content);
        var whole = RegistryCalls.TarGz(("a/b.bin", content), ("c.txt", Encoding.UTF8.GetBytes("text")));

        foreach (var length in Enumerable.Range(0, 12).Select(_ => random.Next(0, whole.Length)).Append(0).Append(whole.Length - 1))
        {
            await (await server.Client.PutArchiveAsync(whole[..length])).ShouldRefuseAsync(400, "bad_archive");
        }

        Assert.Equal(before, await Traces.OfAsync(server));
        await (await server.Client.PutArchiveAsync(whole)).ShouldSucceedAsync();
    }

    [Fact]
    public async Task What_is_no_tar_gz_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        await (await server.Client.PutArchiveAsync("PK\u0003\u0004 a zip"u8.ToArray())).ShouldRefuseAsync(400, "bad_archive");
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(new byte[5000].Select(_ => (byte)'x').ToArray());
        }

        await (await server.Client.PutArchiveAsync(packed.ToArray())).ShouldRefuseAsync(400, "bad_archive");
        await (await server.Client.PostJsonAsync("/api/v1/uploads/archive", "{}")).ShouldRefuseAsync(415, "unsupported_media_type");
    }

    private static IEnumerable<TarEntry> Entries(string name, string kind) => kind switch
    {
        "symbolic link" => [new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = "/etc/passwd" }],
        "hard link" => [new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = "good.txt" }],
        "FIFO" => [new PaxTarEntry(TarEntryType.Fifo, name)],
        "block device" => [new PaxTarEntry(TarEntryType.BlockDevice, name) { DeviceMajor = 8 }],
        "character device" => [new PaxTarEntry(TarEntryType.CharacterDevice, name) { DeviceMajor = 5 }],
        "one name twice" => [File(name), File(name)],
        "folder that is a file" => [File("file"), File(name)],
        _ => [File(name)],
    };

    private static PaxTarEntry File(string name) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1, 2, 3]) };
}
