using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class DownloadsTests
{
    private const string Url = "/api/v1/models/m/versions/1/files/weights.bin";

    [Fact]
    public async Task A_file_is_read_from_any_byte_while_it_is_the_file_that_the_reader_knows()
    {
        await using var server = await TestServer.StartAsync();
        var content = Text(200_000);
        await server.Client.PushedAsync("m", ("weights.bin", content));
        var etag = $"\"{RegistryCalls.Hex(Encoding.UTF8.GetBytes(content))}\"";

        var head = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, Url));
        Assert.Equal((HttpStatusCode.OK, 200_000, etag, "bytes"), (head.StatusCode, head.Content.Headers.ContentLength, head.Headers.ETag!.Tag, string.Join(',', head.Headers.AcceptRanges)));

        var rest = await RangeAsync(server, "bytes=199990-", etag);
        Assert.Equal((HttpStatusCode.PartialContent, content[199_990..], "bytes 199990-199999/200000"), (rest.StatusCode, await rest.Content.ReadAsStringAsync(), $"{rest.Content.Headers.ContentRange}"));
        Assert.Equal(content[65_530..65_541], await (await RangeAsync(server, "bytes=65530-65540")).Content.ReadAsStringAsync());
        Assert.Equal(content[^7..], await (await RangeAsync(server, "bytes=-7")).Content.ReadAsStringAsync());

        var past = await RangeAsync(server, "bytes=200000-");
        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, "bytes */200000"), (past.StatusCode, $"{past.Content.Headers.ContentRange}"));
        var other = await RangeAsync(server, "bytes=199990-", "\"0000\"");
        Assert.Equal((HttpStatusCode.OK, 200_000), (other.StatusCode, (await other.Content.ReadAsStringAsync()).Length));
        var same = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, Url) { Headers = { IfNoneMatch = { new EntityTagHeaderValue(etag) } } });
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
    }

    [Fact]
    public async Task A_zip_holds_what_was_chosen_or_everything_byte_for_byte()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.PushedAsync("m", ("README", "read"), ("data/a.csv", "1,2"), ("data/deep/ü.csv", Text(300_000)), ("database.txt", "no part of data/"), ("empty", ""));
        const string archive = "/api/v1/models/m/versions/v1/archive";

        var response = await (await server.Client.GetAsync(archive)).ShouldSucceedAsync();
        Assert.Equal(("application/zip", "m-v1.zip"), (response.Content.Headers.ContentType!.MediaType, response.Content.Headers.ContentDisposition!.FileName));
        var all = Unzip(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(["README", "data/a.csv", "data/deep/ü.csv", "database.txt", "empty"], all.Keys);
        Assert.Equal(Text(300_000), all["data/deep/ü.csv"]);

        Assert.Equal(["data/a.csv", "data/deep/ü.csv"], Unzip(await server.Client.GetByteArrayAsync($"{archive}?path=data/")).Keys);
        Assert.Equal(["README", "data/a.csv", "data/deep/ü.csv"], Unzip(await server.Client.GetByteArrayAsync($"{archive}?path=README&path=data&path=data/a.csv")).Keys);
        await (await server.Client.GetAsync($"{archive}?path=README&path=../master.key")).ShouldRefuseAsync(404, "file_not_found");
        await (await server.Client.GetAsync("/api/v1/models/m/versions/2/archive")).ShouldRefuseAsync(404, "version_not_found");
    }

    [Fact]
    public async Task A_zip_whose_content_is_damaged_is_cut_and_cannot_be_taken_for_a_whole_one()
    {
        await using var server = await TestServer.StartAsync();
        var version = await server.Client.PushedAsync("m", ("a", "first"), ("b", Text(400_000)));
        var blob = Directory.EnumerateFiles(Path.Combine(server.DataFolder, "artifacts"), version.Files[1].Sha256, SearchOption.AllDirectories).Single();
        await using (var file = new FileStream(blob, FileMode.Open))
        {
            file.Position = 300_000;
            var there = file.ReadByte();
            file.Position = 300_000;
            file.WriteByte((byte)(there ^ 1));
        }

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.Client.GetByteArrayAsync("/api/v1/models/m/versions/1/archive"));
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_making_of_the_zip()
    {
        var left = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(services: services =>
        {
            services.AddSingleton<DiskArtifactStore>();
            services.AddSingleton<IArtifactStore>(provider => new TellingStore(provider.GetRequiredService<DiskArtifactStore>(), left));
        });
        var noise = Convert.ToBase64String(RandomNumberGenerator.GetBytes(15_000_000));   // more than sockets hold, and hardly compressible
        await server.Client.PushedAsync("m", ("weights.txt", noise));

        using (var socket = new TcpClient("127.0.0.1", server.Address.Port))
        {
            var request = $"GET /api/v1/models/m/versions/1/archive HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {server.Client.DefaultRequestHeaders.Authorization}\r\n\r\n";
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
            Assert.True(await socket.GetStream().ReadAsync(new byte[1000]) > 0);
            Assert.False(left.Task.IsCompleted);
            socket.Client.LingerState = new LingerOption(true, 0);
        }

        await left.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static Task<HttpResponseMessage> RangeAsync(TestServer server, string range, string? ifRange = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Url) { Headers = { Range = RangeHeaderValue.Parse(range) } };
        if (ifRange is not null)
        {
            request.Headers.IfRange = new RangeConditionHeaderValue(ifRange);
        }

        return server.Client.SendAsync(request);
    }

    private static string Text(int length) => string.Concat(Enumerable.Range(0, (length / 6) + 1).Select(i => $"{i:D6}"))[..length];

    private static SortedDictionary<string, string> Unzip(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in archive.Entries)
        {
            using var reader = new StreamReader(entry.Open());
            found[entry.FullName] = reader.ReadToEnd();
        }

        return found;
    }

    /// <summary>Tells when somebody leaves content that was not read to its end.</summary>
    private sealed class TellingStore(DiskArtifactStore store, TaskCompletionSource left) : IArtifactStore
    {
        public Task<StagedBlob> StageAsync(Stream content, long maxBytes, CancellationToken cancellationToken) => store.StageAsync(content, maxBytes, cancellationToken);

        public void Publish(StagedBlob staged) => store.Publish(staged);

        public bool Exists(Digest digest) => store.Exists(digest);

        public Stream Open(Digest digest)
        {
            var inner = store.Open(digest);
            return inner.Length < 1_000_000 ? inner : new TellingStream(inner, left);
        }

        public void Delete(Digest digest) => store.Delete(digest);

        public IEnumerable<StoredBlob> List() => store.List();

        public void SweepStaging(DateTimeOffset before) => store.SweepStaging(before);
    }

    private sealed class TellingStream(Stream inner, TaskCompletionSource left) : Stream
    {
        private bool wasRead;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            wasRead = true;
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                if (wasRead && inner.Position < inner.Length)
                {
                    left.TrySetResult();
                }

                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
