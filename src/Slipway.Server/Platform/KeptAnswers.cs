using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Platform;

/// <summary>
/// Answers about single resources as they were last given, so that who asks for one again and again does not read many tables each time. An answer holds until anything of its
/// resource changes (<see cref="Changes.Generation"/>); a change is seen before whoever made it is told, so everybody reads their own writes.
/// </summary>
/// <remarks>
/// There is one active control server (<see cref="SoleServer"/>), so changes of the database pass through the <see cref="Changes"/> of this process. For those that do not (a commit that took effect after its connection
/// was lost), an answer holds for a minute at most.
/// </remarks>
internal sealed class KeptAnswers(Changes changes, IOptions<JsonOptions> json, TimeProvider time)
{
    private const long MostBytes = 32 * 1024 * 1024;

    /// <summary>What an entry takes besides its texts and its JSON: objects, headers, its place in the dictionary.</summary>
    private const int BytesOfEntry = 400;

    private static readonly TimeSpan Oldest = TimeSpan.FromMinutes(1);

    /// <summary>Larger ones are read anew: a few would push out all others.</summary>
    private const int MostBytesOfOne = 256 * 1024;

    private readonly ConcurrentDictionary<(string Resource, string Part), Answer> kept = new();
    private long keptBytes;

    /// <summary>200 with the value as JSON and its ETag, or the refusal. The reading runs only when nothing is kept that holds.</summary>
    /// <param name="resource">What the answer is about, as it is given to <see cref="SlipwayDbContext.Changed"/>; everything that the answer shows changes below its first two segments.</param>
    /// <param name="part">Tells answers about one resource apart.</param>
    public async Task<IResult> OkAsync<T>(string resource, string part, Func<Task<Result<T>>> read, Func<T, string> etag)
    {
        var generation = changes.Generation(resource);
        if (kept.TryGetValue((resource, part), out var there) && there.Generation == generation && time.GetElapsedTime(there.ReadAt) < Oldest)
        {
            return there;
        }

        var readAt = time.GetTimestamp();
        var result = await read();
        if (result.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }

        var type = (JsonTypeInfo<T>)json.Value.SerializerOptions.GetTypeInfo(typeof(T));
        var answer = new Answer(generation, readAt, etag(result.Value), JsonSerializer.SerializeToUtf8Bytes(result.Value, type));
        Keep((resource, part), answer);
        return answer;
    }

    private void Keep((string Resource, string Part) key, Answer answer)
    {
        if (answer.Json.Length > MostBytesOfOne)
        {
            return;
        }

        if (Interlocked.Read(ref keptBytes) > MostBytes)
        {
            kept.Clear();
            Interlocked.Exchange(ref keptBytes, 0);
        }

        kept[key] = answer;
        var texts = sizeof(char) * (key.Resource.Length + key.Part.Length + answer.Etag.Length);
        Interlocked.Add(ref keptBytes, BytesOfEntry + texts + answer.Json.Length);   // what it replaces is counted until all go: the bound is never too high
    }

    private sealed record Answer(long Generation, long ReadAt, string Etag, byte[] Json) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            (response.ContentType, response.ContentLength, response.Headers.ETag) = ("application/json; charset=utf-8", Json.Length, Etag);
            return response.Body.WriteAsync(Json, httpContext.RequestAborted).AsTask();
        }
    }
}
