using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Slipway.Contracts;

namespace Slipway.Server.Tests.Registry;

/// <summary>The registry's routes as tests call them.</summary>
internal static class RegistryCalls
{
    public static string Hex(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static Task<HttpResponseMessage> RegisterAsync(this HttpClient client, string name, string? description = null, params string[] tags) =>
        client.PostAsJsonAsync("/api/v1/models", new RegisterModelRequest(name, description, tags), ContractsJson.Default.RegisterModelRequest);

    public static async Task<UploadInfo> StartAsync(this HttpClient client, params (string Path, byte[] Content)[] files)
    {
        var request = new StartUploadRequest([.. files.Select(f => new UploadFile(f.Path, f.Content.Length, Hex(f.Content)))]);
        var response = await client.PostAsJsonAsync("/api/v1/uploads", request, ContractsJson.Default.StartUploadRequest);
        return await response.ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.UploadInfo);
    }

    public static Task<HttpResponseMessage> PutBlobAsync(this HttpClient client, string upload, byte[] content, string? sha256 = null) =>
        client.PutAsync($"/api/v1/uploads/{upload}/blobs/{sha256 ?? Hex(content)}", new ByteArrayContent(content));

    public static Task<HttpResponseMessage> PutArchiveAsync(this HttpClient client, byte[] archive)
    {
        var content = new ByteArrayContent(archive);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        return client.PostAsync("/api/v1/uploads/archive", content);
    }

    /// <summary>Uploads a package of text files and asks for a version of it; the model is registered if it is not there.</summary>
    public static async Task<HttpResponseMessage> PushAsync(this HttpClient client, string model, CreateVersionRequest? like, params (string Path, string Text)[] files)
    {
        await client.RegisterAsync(model);
        var uploaded = await client.PutArchiveAsync(TarGz([.. files.Select(f => (f.Path, Encoding.UTF8.GetBytes(f.Text)))]));
        var upload = await uploaded.ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.UploadInfo);
        var request = (like ?? new CreateVersionRequest("")) with { UploadId = upload.Id };
        return await client.PostAsJsonAsync($"/api/v1/models/{model}/versions", request, ContractsJson.Default.CreateVersionRequest);
    }

    public static async Task<ModelVersionInfo> PushedAsync(this HttpClient client, string model, params (string Path, string Text)[] files) =>
        await (await client.PushAsync(model, null, files)).ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.ModelVersionInfo);

    public static byte[] TarGz(params (string Path, byte[] Content)[] files) => TarGz(tar =>
    {
        foreach (var (path, content) in files)
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });
        }
    });

    public static byte[] TarGz(Action<TarWriter> write)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            write(tar);
        }

        return packed.ToArray();
    }

    public static async Task<T> ShouldBeAsync<T>(this HttpResponseMessage response, HttpStatusCode status, JsonTypeInfo<T> type)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        return System.Text.Json.JsonSerializer.Deserialize(text, type)!;
    }
}
