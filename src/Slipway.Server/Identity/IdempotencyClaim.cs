using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>
/// The row that says "this key was carried out, and made that", written in the transaction of the effect. Whatever happens to the server or its answer afterwards, a repetition finds it.
/// </summary>
/// <param name="seen">The effect that was stored of earlier attempts when this one began; empty: none.</param>
internal sealed class IdempotencyClaim(Guid actor, string key, string route, string bodyHash, string seen, DateTimeOffset now) : IUnitClaim
{
    private const string Attempt = "attempt";

    // A request may commit more than one unit: all that they have made counts. What an attempt has made that this one does not know of, it must not make again.
    private const string Sql =
        "INSERT INTO idempotent_answers (actor_id, key, route, body_hash, status, answer, effect, created_at) VALUES (@actor, @key, @route, @hash, 0, @answer, @effect, @at) "
        + "ON CONFLICT (actor_id, key) DO UPDATE SET effect = idempotent_answers.effect || excluded.effect "
        + "WHERE idempotent_answers.effect = @seen OR idempotent_answers.effect LIKE @own";

    /// <summary>Tells the rows of this attempt from those of others; part of their effect.</summary>
    public string Mark { get; } = $"{Attempt} {Guid.NewGuid()}";

    /// <summary>Whether a unit has got so far as to write it.</summary>
    public bool IsWritten { get; private set; }

    public async Task StoreAsync(SlipwayDbContext unit, IReadOnlyList<(string Kind, string Resource)> made, CancellationToken cancellationToken)
    {
        var written = await UnitSql.ChangeAsync(
            unit, Sql,
            [
                ("@actor", actor), ("@key", key), ("@route", route), ("@hash", bodyHash), ("@answer", Array.Empty<byte>()), ("@effect", $"{Mark}\n{new IdempotentEffect(made)}"), ("@at", now),
                ("@seen", seen), ("@own", $"%{Mark}%"),
            ],
            cancellationToken);
        if (written == 0)
        {
            throw new ClaimTakenException();
        }

        IsWritten = true;
    }

    /// <summary>The row with its answer.</summary>
    public IdempotentAnswer With(int status, string? contentType, string? location, byte[] answer) => new()
    {
        ActorId = actor, Key = key, Route = route, BodyHash = bodyHash, CreatedAt = now, Status = status, ContentType = contentType, Location = location, Answer = answer,
    };
}

/// <summary>What a request has made: kinds, and paths below <c>/api/v1</c>.</summary>
internal sealed record IdempotentEffect(IReadOnlyList<(string Kind, string Resource)> Made)
{
    public static IdempotentEffect Parse(string text) =>
        new([.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts[1]))]);

    /// <summary>The segments of the path of the last one of a kind; null: none.</summary>
    public string[]? Of(string kind) => Made.LastOrDefault(m => m.Kind == kind).Resource?.Split('/');

    /// <summary>One line each.</summary>
    public override string ToString() => string.Concat(Made.Select(m => $"{m.Kind} {m.Resource}\n"));
}
