using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>An answer that was given to a creating request, kept for a day so that a repetition gets the same one.</summary>
internal sealed class IdempotentAnswer
{
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    public Guid ActorId { get; set; }

    public required string Key { get; set; }

    /// <summary>Method and path.</summary>
    public required string Route { get; set; }

    /// <summary>Hex SHA-256 of the request's body.</summary>
    public required string BodyHash { get; set; }

    public int Status { get; set; }

    public string? ContentType { get; set; }

    public string? Location { get; set; }

    public required byte[] Answer { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>
/// Answers a creating request that carries <c>Idempotency-Key</c> once: the same key with the same body gets the stored answer again, with another body 422,
/// and 409 while the first is still running. Only answers that say "done" (2xx) are kept.
/// </summary>
/// <remarks>
/// The answer is stored after the change is committed. A crash in between leaves the change without its answer: the repetition then runs again and meets
/// the names and numbers that exist, so nothing is made twice. Never on a route whose answer holds a secret: it would be stored.
/// </remarks>
internal sealed class IdempotencyFilter(Database database, Writes writes, TimeProvider time, IdempotencyInFlight inFlight) : IEndpointFilter
{
    public const string Header = "Idempotency-Key";
    private const int LongestKey = 200;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var key = http.Request.Headers[Header].ToString();
        if (key.Length == 0)
        {
            return await next(context);
        }

        if (key.Length > LongestKey || Caller.Of(http)?.Actor is not { } actor)
        {
            return Refusal.BadRequest("idempotency_key_invalid", $"An idempotency key has 1 to {LongestKey} characters.").ToProblem();
        }

        var route = $"{http.Request.Method} {http.Request.Path}";
        var hash = Convert.ToHexStringLower(SHA256.HashData((http.Features.Get<RequestBytes>()?.Utf8 ?? default).Span));
        if (!inFlight.TryEnter((actor.UserId, key)))
        {
            return new Refusal(409, "idempotency_in_progress", "A request with this idempotency key is still running; try again.") { RetryAfter = TimeSpan.FromSeconds(1) }.ToProblem();
        }

        try
        {
            if (await FindAsync(actor.UserId, key, http.RequestAborted) is { } known)
            {
                return known.Route == route && known.BodyHash == hash
                    ? new Replay(known)
                    : new Refusal(422, "idempotency_key_reused", "This idempotency key was used for another request; use a new one for each request.").ToProblem();
            }

            var recorded = await RunAsync(http, await next(context));
            if (recorded.Status is >= 200 and < 300)
            {
                recorded.ActorId = actor.UserId;
                (recorded.Key, recorded.Route, recorded.BodyHash, recorded.CreatedAt) = (key, route, hash, time.GetUtcNow());
                await StoreAsync(recorded);
            }

            return new Replay(recorded);
        }
        finally
        {
            inFlight.Leave((actor.UserId, key));
        }
    }

    private async Task<IdempotentAnswer?> FindAsync(Guid actor, string key, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var oldest = time.GetUtcNow() - IdempotentAnswer.Kept;
        return await db.Set<IdempotentAnswer>().SingleOrDefaultAsync(a => a.ActorId == actor && a.Key == key && a.CreatedAt > oldest, cancellationToken);
    }

    // The change is committed: its answer is stored even when the client has gone.
    private Task StoreAsync(IdempotentAnswer answer) => writes.RunAsync(
        async (db, cancel) =>
        {
            var oldest = time.GetUtcNow() - IdempotentAnswer.Kept;
            await db.Set<IdempotentAnswer>().Where(a => a.CreatedAt <= oldest || (a.ActorId == answer.ActorId && a.Key == answer.Key)).ExecuteDeleteAsync(cancel);
            db.Set<IdempotentAnswer>().Add(answer);
            return Result.Done;
        },
        CancellationToken.None);

    private static async Task<IdempotentAnswer> RunAsync(HttpContext http, object? result)
    {
        var wire = http.Response.Body;
        using var buffer = new MemoryStream();
        http.Response.Body = buffer;
        try
        {
            await (result as IResult ?? Results.Ok(result)).ExecuteAsync(http);
            await http.Response.BodyWriter.FlushAsync();
        }
        finally
        {
            http.Response.Body = wire;
        }

        return new IdempotentAnswer
        {
            Key = "", Route = "", BodyHash = "", Status = http.Response.StatusCode, ContentType = http.Response.ContentType,
            Location = http.Response.Headers.Location, Answer = buffer.ToArray(),
        };
    }

    private sealed class Replay(IdempotentAnswer answer) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = answer.Status;
            httpContext.Response.ContentType = answer.ContentType;
            if (answer.Location is { } location)
            {
                httpContext.Response.Headers.Location = location;
            }

            return answer.Answer.Length == 0 ? Task.CompletedTask : httpContext.Response.Body.WriteAsync(answer.Answer, httpContext.RequestAborted).AsTask();
        }
    }
}

/// <summary>The keys whose first request is running in this process.</summary>
internal sealed class IdempotencyInFlight
{
    private readonly ConcurrentDictionary<(Guid Actor, string Key), byte> running = new();

    public bool TryEnter((Guid Actor, string Key) key) => running.TryAdd(key, 0);

    public void Leave((Guid Actor, string Key) key) => running.TryRemove(key, out _);
}

/// <summary>Marks routes that honour <c>Idempotency-Key</c>, for the OpenAPI document.</summary>
internal sealed record IdempotentRoute;

internal static class IdempotencyRoutes
{
    /// <summary>Lets a creating route honour <c>Idempotency-Key</c>.</summary>
    public static RouteHandlerBuilder WithIdempotency(this RouteHandlerBuilder builder) => builder.AddEndpointFilter<RouteHandlerBuilder, IdempotencyFilter>().WithMetadata(new IdempotentRoute());
}

internal sealed class IdempotentAnswerTable : IEntityTypeConfiguration<IdempotentAnswer>
{
    public void Configure(EntityTypeBuilder<IdempotentAnswer> builder)
    {
        builder.ToTable("IdempotentAnswers").HasKey(a => new { a.ActorId, a.Key });
        builder.HasIndex(a => a.CreatedAt);
    }
}
