using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Testing;

/// <summary>Sends requests and reads answers as the wire has them.</summary>
internal static class Answers
{
    /// <summary>The answer must be this refusal, in the form that all refusals have.</summary>
    public static async Task<Problem> ShouldRefuseAsync(this HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        if ((int)response.StatusCode != status || response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            throw new InvalidOperationException($"Expected a problem {status} {code}, got {(int)response.StatusCode} {response.Content.Headers.ContentType}: {text}");
        }

        var problem = JsonSerializer.Deserialize(text, ContractsJson.Default.Problem)!;
        return problem.Code == code && problem.Status == status && problem.RequestId == response.Headers.GetValues("Slipway-Request-Id").Single()
            ? problem
            : throw new InvalidOperationException($"Expected a problem {status} {code}, got: {text}");
    }

    /// <summary>The answer must be 2xx.</summary>
    public static async Task<HttpResponseMessage> ShouldSucceedAsync(this HttpResponseMessage response) => response.IsSuccessStatusCode
        ? response
        : throw new InvalidOperationException($"Expected success, got {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");

    /// <summary>The typed body of an answer that must be 2xx.</summary>
    public static async Task<T> ReadAsync<T>(this HttpResponseMessage response)
    {
        await response.ShouldSucceedAsync();
        return (T)(await response.Content.ReadFromJsonAsync(typeof(T), ContractsJson.Default))!;
    }

    /// <summary>GET, and the typed body.</summary>
    public static async Task<T> GetAsync<T>(this HttpClient client, string path) => await (await client.GetAsync(path)).ReadAsync<T>();

    /// <summary>Sends JSON as it is written.</summary>
    public static Task<HttpResponseMessage> SendJsonAsync(this HttpClient client, HttpMethod method, string path, string json) =>
        client.SendAsync(new HttpRequestMessage(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") });

    public static Task<HttpResponseMessage> PostJsonAsync(this HttpClient client, string path, string json) => client.SendJsonAsync(HttpMethod.Post, path, json);
}
