using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>A stored blob that the database knows. What refers to it is known to those who answer <see cref="IBlobUse"/>.</summary>
internal sealed class Blob
{
    /// <summary>Lower-case hexadecimal SHA-256.</summary>
    public required string Sha256 { get; set; }

    public long SizeBytes { get; set; }

    public DateTimeOffset StoredAt { get; set; }
}

internal sealed class BlobTable : IEntityTypeConfiguration<Blob>
{
    public void Configure(EntityTypeBuilder<Blob> builder)
    {
        builder.ToTable("Blobs").HasKey(b => b.Sha256);
        builder.Property(b => b.Sha256).HasMaxLength(64);
    }
}

/// <summary>
/// Keeps files of the store and rows of the database in step. Whoever adds a blob refers to it first (an upload's file) or in the same unit (a run's
/// artifact), so that the sweep never takes what is wanted; adding and sweeping one digest exclude each other.
/// </summary>
internal sealed class Blobs(Database database, Writes writes, IArtifactStore store, BlobLocks locks, IEnumerable<IBlobUse> uses, TimeProvider time)
{
    /// <summary>Publishes a staged blob, records it and refers to it in one unit. Refused, it leaves nothing behind.</summary>
    /// <param name="refer">Adds the reference on the unit's context, or refuses; may run more than once.</param>
    public async Task<Result<T>> AddAsync<T>(StagedBlob staged, Func<SlipwayDbContext, CancellationToken, Task<Result<T>>> refer, CancellationToken cancellationToken)
    {
        using var held = await locks.HoldAsync(staged.Digest, cancellationToken);
        store.Publish(staged);
        try
        {
            return await writes.RunAsync<T>(
                async (db, token) =>
                {
                    await RecordAsync(db, staged, token);
                    return await refer(db, token);
                },
                cancellationToken);
        }
        finally
        {
            if (!await IsKnownAsync(staged.Digest, CancellationToken.None))
            {
                store.Delete(staged.Digest);
            }
        }
    }

    /// <summary>Publishes a staged blob and records it. Idempotent.</summary>
    public async Task AddAsync(StagedBlob staged, CancellationToken cancellationToken)
    {
        using var held = await locks.HoldAsync(staged.Digest, cancellationToken);
        store.Publish(staged);
        await writes.RunAsync(
            async (db, token) =>
            {
                await RecordAsync(db, staged, token);
                return Result.Done;
            },
            cancellationToken);
    }

    /// <summary>Those of <paramref name="digests"/> that are not stored, in order and once each.</summary>
    public async Task<IReadOnlyList<Digest>> MissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var known = new HashSet<string>();
        foreach (var part in digests.Select(d => d.Hex).Distinct().Chunk(500))
        {
            known.UnionWith(await db.Set<Blob>().Where(b => part.Contains(b.Sha256)).Select(b => b.Sha256).ToListAsync(cancellationToken));
        }

        return [.. digests.Distinct().Where(d => !known.Contains(d.Hex) || !store.Exists(d))];
    }

    /// <summary>Removes blobs that nothing refers to.</summary>
    /// <param name="among">Only these; null: all.</param>
    public async Task<int> SweepAsync(IReadOnlyCollection<Digest>? among, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var stripe in (await UnreferencedAsync(among, cancellationToken)).GroupBy(BlobLocks.StripeOf))
        {
            using var held = await locks.HoldAsync(stripe.First(), cancellationToken);
            var candidates = stripe.Select(d => d.Hex).ToArray();
            var gone = await writes.RunAsync<List<string>>(
                async (db, token) =>
                {
                    var free = await Unreferenced(db, uses).Where(b => candidates.Contains(b.Sha256)).Select(b => b.Sha256).ToListAsync(token);
                    await db.Set<Blob>().Where(b => free.Contains(b.Sha256)).ExecuteDeleteAsync(token);
                    return free;
                },
                cancellationToken);
            gone.Value.ForEach(hex => store.Delete(Digest.Parse(hex)));
            removed += gone.Value.Count;
        }

        return removed;
    }

    /// <summary>Removes files without a row, left by a crash between rename and commit.</summary>
    public async Task SweepFilesAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        foreach (var digest in store.List().Where(f => f.WrittenAt < before).Select(f => f.Digest).OfType<Digest>().ToList())
        {
            if (await IsKnownAsync(digest, cancellationToken))
            {
                continue;
            }

            using var held = await locks.HoldAsync(digest, cancellationToken);
            if (!await IsKnownAsync(digest, cancellationToken))
            {
                store.Delete(digest);
            }
        }
    }

    /// <summary>Blobs that no <see cref="IBlobUse"/> names.</summary>
    public static IQueryable<Blob> Unreferenced(SlipwayDbContext db, IEnumerable<IBlobUse> uses) =>
        uses.Select(use => use.Digests(db)).Aggregate(db.Set<Blob>().AsQueryable(), (free, used) => free.Where(b => !used.Any(digest => digest == b.Sha256)));

    private async Task RecordAsync(SlipwayDbContext db, StagedBlob staged, CancellationToken cancellationToken)
    {
        if (!await db.Set<Blob>().AnyAsync(b => b.Sha256 == staged.Digest.Hex, cancellationToken))
        {
            db.Set<Blob>().Add(new Blob { Sha256 = staged.Digest.Hex, SizeBytes = staged.SizeBytes, StoredAt = time.GetUtcNow() });
        }
    }

    private async Task<List<Digest>> UnreferencedAsync(IReadOnlyCollection<Digest>? among, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (among is null)
        {
            return (await Unreferenced(db, uses).Select(b => b.Sha256).ToListAsync(cancellationToken)).ConvertAll(Digest.Parse);
        }

        var free = new List<Digest>();
        foreach (var part in among.Select(d => d.Hex).Distinct().Chunk(500))
        {
            free.AddRange((await Unreferenced(db, uses).Where(b => part.Contains(b.Sha256)).Select(b => b.Sha256).ToListAsync(cancellationToken)).Select(Digest.Parse));
        }

        return free;
    }

    private async Task<bool> IsKnownAsync(Digest digest, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await db.Set<Blob>().AnyAsync(b => b.Sha256 == digest.Hex, cancellationToken);
    }
}

/// <summary>Lets one digest be added or removed by one at a time; 64 stripes.</summary>
internal sealed class BlobLocks : IDisposable
{
    private readonly SemaphoreSlim[] stripes = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];

    public static int StripeOf(Digest digest) => Convert.ToInt32(digest.Hex[..2], 16) % 64;

    public async Task<IDisposable> HoldAsync(Digest digest, CancellationToken cancellationToken)
    {
        var stripe = stripes[StripeOf(digest)];
        await stripe.WaitAsync(cancellationToken);
        return new Held(stripe);
    }

    public void Dispose() => Array.ForEach(stripes, s => s.Dispose());

    private sealed class Held(SemaphoreSlim stripe) : IDisposable
    {
        public void Dispose() => stripe.Release();
    }
}
