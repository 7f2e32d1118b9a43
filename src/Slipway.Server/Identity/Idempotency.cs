using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>
/// Answers a creating request that carries <c>Idempotency-Key</c> once: the same key with the same body gets the same answer again, with another body 422,
/// and 409 while the first is still running. Only answers that say "done" (2xx) are kept.
/// </summary>
/// <remarks>
/// That a request was carried out, and what it made, is stored in the transaction that does it (<see cref="IdempotencyClaim"/>, by way of the actor that it brings); its answer afterwards. A server that
/// dies in between answers the repetition from what is there (<see cref="IdempotentRoute.Again"/>). Of two attempts that do not know of each other one commits, and the other is told to ask again. Never on
/// a route whose answer holds a secret: it would be stored.
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

        if (!inFlight.TryEnter((actor.UserId, key)))
        {
            return InProgress.ToProblem();
        }

        try
        {
            var route = $"{http.Request.Method} {http.Request.Path}";
            var hash = Convert.ToHexStringLower(SHA256.HashData((http.Features.Get<RequestBytes>()?.Utf8 ?? default).Span));
            var known = await FindAsync(actor.UserId, key, http.RequestAborted);
            var claim = new IdempotencyClaim(actor.UserId, key, route, hash, known?.Effect ?? "", time.GetUtcNow());
            if (known is not null && (known.Route != route || known.BodyHash != hash))
            {
                return new Refusal(422, "idempotency_key_reused", "This idempotency key was used for another request; use a new one for each request.").ToProblem();
            }

            return known switch
            {
                { Status: > 0 } => new Replay(known),
                { Effect: { } effect } when await LostAnswerAsync(http, claim, IdempotentEffect.Parse(effect)) is { } again => again,
                _ => await AnswerAsync(context, next, claim, actor, key),
            };
        }
        finally
        {
            inFlight.Leave((actor.UserId, key));
        }
    }

    private async Task<object?> AnswerAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, IdempotencyClaim claim, Actor actor, string key)
    {
        if (RouteOf(context.HttpContext).Again is not null)
        {
            HandOver(context, actor with { Claim = claim });
        }

        object? made;
        try
        {
            made = await next(context);
        }
        catch (ClaimTakenException)
        {
            return InProgress.ToProblem();   // a repetition is answered from what the other attempt has made
        }

        var answer = await RunAsync(context.HttpContext, claim, made);
        Failpoints.Pass("idempotency.before_answer");
        if (answer.Status is >= 200 and < 300)
        {
            await StoreAsync(answer);
        }
        else if (answer.Status < 500 && claim.IsWritten)
        {
            await ForgetAsync(actor.UserId, key, claim.Mark);   // a refusal leaves nothing behind
        }

        return new Replay(answer);
    }

    private async Task<object?> LostAnswerAsync(HttpContext http, IdempotencyClaim claim, IdempotentEffect effect)
    {
        if (RouteOf(http).Again is not { } answer || await answer(http, effect) is not { } again)
        {
            return null;
        }

        var stored = await RunAsync(http, claim, again);
        if (stored.Status is >= 200 and < 300)
        {
            await StoreAsync(stored);
        }

        return new Replay(stored);
    }

    private static Refusal InProgress { get; } =
        new(409, "idempotency_in_progress", "A request with this idempotency key is still running; try again.") { RetryAfter = TimeSpan.FromSeconds(1) };

    private static IdempotentRoute RouteOf(HttpContext http) => http.GetEndpoint()!.Metadata.GetRequiredMetadata<IdempotentRoute>();

    /// <summary>Whoever acts for this request from here on brings its claim.</summary>
    private static void HandOver(EndpointFilterInvocationContext context, Actor actor)
    {
        context.HttpContext.Features.Set(Caller.Of(context.HttpContext)! with { Actor = actor });
        for (var i = 0; i < context.Arguments.Count; i++)
        {
            if (context.Arguments[i] is Actor)
            {
                context.Arguments[i] = actor;
            }
        }
    }

    /// <summary>What is known of a key. A row that is older than a day makes room.</summary>
    private async Task<IdempotentAnswer?> FindAsync(Guid actor, string key, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var known = await db.Set<IdempotentAnswer>().SingleOrDefaultAsync(a => a.ActorId == actor && a.Key == key, cancellationToken);
        if (known is null || known.CreatedAt > time.GetUtcNow() - IdempotentAnswer.Kept)
        {
            return known;
        }

        await ForgetAsync(actor, key);
        return null;
    }

    /// <param name="mark">Only where this attempt has written it; null: whoever has.</param>
    private Task ForgetAsync(Guid actor, string key, string? mark = null) => writes.RunAsync(
        async (db, cancel) =>
        {
            var row = db.Set<IdempotentAnswer>().Where(a => a.ActorId == actor && a.Key == key);
            await (mark is null ? row : row.Where(a => a.Effect!.Contains(mark))).ExecuteDeleteAsync(cancel);
            return Result.Done;
        },
        CancellationToken.None);

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

    private static async Task<IdempotentAnswer> RunAsync(HttpContext http, IdempotencyClaim claim, object? result)
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

        return claim.With(http.Response.StatusCode, http.Response.ContentType, http.Response.Headers.Location, buffer.ToArray());
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
