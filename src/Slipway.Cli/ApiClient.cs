using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Slipway.Contracts;

namespace Slipway.Cli;

/// <summary>
/// The own API over HTTP. A refusal becomes a <see cref="CliException"/> with the server's sentence; a change that was put before a reviewer in place of being made becomes an
/// <see cref="AskedException"/>.
/// </summary>
internal sealed class ApiClient(Profile profile) : IDisposable
{
    private readonly HttpClient http = CreateClient(profile);

    public Profile Profile => profile;

    public Uri Address => http.BaseAddress!;

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return await ReadAsync(response, type, cancellationToken);
    }

    /// <summary>Like <see cref="GetAsync"/>, but a 404 is null.</summary>
    public async Task<T?> FindAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken, passNotFound: true);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(response, type, cancellationToken);
    }

    /// <summary>Every item of a paged list.</summary>
    public async IAsyncEnumerable<T> ListAsync<T>(
        string path, JsonTypeInfo<Page<T>> type, [EnumeratorCancellation] CancellationToken cancellationToken, int most = int.MaxValue)
    {
        string? token = null;
        var seen = 0;
        do
        {
            var separator = path.Contains('?') ? '&' : '?';
            var page = await GetAsync(token is null ? path : $"{path}{separator}page_token={Uri.EscapeDataString(token)}", type, cancellationToken);
            foreach (var item in page.Items)
            {
                if (seen++ == most)
                {
                    yield break;
                }

                yield return item;
            }

            token = page.NextPageToken;
        }
        while (token is not null);
    }

    public async Task<TOut> PostAsync<TIn, TOut>(string path, TIn body, JsonTypeInfo<TIn> inType, JsonTypeInfo<TOut> outType, CancellationToken cancellationToken)
    {
        using var content = JsonContent(body, inType);
        using var response = await SendAsync(HttpMethod.Post, path, content, cancellationToken);
        return await ReadAsync(response, outType, cancellationToken);
    }

    public async Task<TOut> PostAsync<TOut>(string path, JsonTypeInfo<TOut> outType, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, path, null, cancellationToken);
        return await ReadAsync(response, outType, cancellationToken);
    }

    public async Task<TOut> PutAsync<TIn, TOut>(string path, TIn body, JsonTypeInfo<TIn> inType, JsonTypeInfo<TOut> outType, CancellationToken cancellationToken)
    {
        using var content = JsonContent(body, inType);
        return await PutAsync(path, content, outType, cancellationToken);
    }

    public async Task<TOut> PatchAsync<TIn, TOut>(string path, TIn body, JsonTypeInfo<TIn> inType, JsonTypeInfo<TOut> outType, CancellationToken cancellationToken)
    {
        using var content = JsonContent(body, inType);
        using var response = await SendAsync(HttpMethod.Patch, path, content, cancellationToken);
        return await ReadAsync(response, outType, cancellationToken);
    }

    /// <summary>A call whose answer does not matter.</summary>
    public async Task CallAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, null, cancellationToken);
    }

    public async Task<TOut> PutAsync<TOut>(string path, HttpContent content, JsonTypeInfo<TOut> outType, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Put, path, content, cancellationToken);
        return await ReadAsync(response, outType, cancellationToken);
    }

    /// <summary>A raw answer whose body is read while it comes; the caller disposes it.</summary>
    public Task<HttpResponseMessage> StreamAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken) =>
        SendAsync(method, path, content, cancellationToken);

    /// <summary>Content from a byte on, as long as it is what <paramref name="etag"/> names; else all of it with status 200. The caller disposes the answer.</summary>
    public async Task<HttpResponseMessage> DownloadAsync(string path, long from, string etag, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(etag);
        }

        var response = await SendRawAsync(request, cancellationToken);
        return response.IsSuccessStatusCode ? response : throw await RefusalAsync(response, cancellationToken);
    }

    /// <summary>The answer of a prediction, whatever its status.</summary>
    public async Task<HttpResponseMessage> PredictAsync(string path, HttpContent content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        return await SendRawAsync(request, cancellationToken);
    }

    public void Dispose() => http.Dispose();

    private static HttpClient CreateClient(Profile profile)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(profile.Url), Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("slipway-cli", "0.1"));
        if (profile.ApiKey is { } key)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return client;
    }

    private static StringContent JsonContent<T>(T body, JsonTypeInfo<T> type) =>
        new(JsonSerializer.Serialize(body, type), Encoding.UTF8, "application/json");

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (response is { StatusCode: HttpStatusCode.Accepted, Headers.Location: { } location } && location.OriginalString.StartsWith("/api/v1/approvals/", StringComparison.Ordinal))
        {
            throw new AskedException((await JsonSerializer.DeserializeAsync(stream, ContractsJson.Default.ApprovalInfo, cancellationToken))!);
        }

        return await JsonSerializer.DeserializeAsync(stream, type, cancellationToken)
            ?? throw new CliException(ExitCode.Failed, "The server sent an empty answer; is the address that of a Slipway server?");
    }

    private async Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw new CliException(
                ExitCode.Unreachable, $"No server answers at {profile.Url} ({exception.HttpRequestError}). Start one with 'slipway up', or set SLIPWAY_URL.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken, bool passNotFound = false)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        var response = await SendRawAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode || (passNotFound && response.StatusCode == HttpStatusCode.NotFound))
        {
            return response;
        }

        using (response)
        {
            throw await RefusalAsync(response, cancellationToken);
        }
    }

    private static async Task<CliException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var message = new StringBuilder();
        string? code = null;
        try
        {
            var problem = JsonSerializer.Deserialize(text, ContractsJson.Default.Problem)!;
            code = problem.Code;
            message.Append(problem.Detail).Append(" [").Append(problem.Code).Append(']');
            foreach (var (field, messages) in problem.Errors ?? new Dictionary<string, string[]>())
            {
                message.Append("\n  ").Append(field).Append(": ").AppendJoin(' ', messages);
            }
        }
        catch (JsonException)
        {
            message.Append("The server answered ").Append((int)response.StatusCode).Append('.');
        }

        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            message.Append(" Set SLIPWAY_API_KEY to a key of yours, or run 'slipway up' on the server's machine.");
        }

        return new CliException(
            response.StatusCode switch
            {
                HttpStatusCode.NotFound => ExitCode.NotFound,
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NotAllowed,
                _ => ExitCode.Refused,
            },
            message.ToString())
        {
            Code = code,
        };
    }
}
