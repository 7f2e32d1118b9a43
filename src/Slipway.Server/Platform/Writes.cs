using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;

namespace Slipway.Server.Platform;

/// <summary>
/// The one way to change the control database. A unit loads, decides and saves on the context it is given; it is committed as a whole or not at all, and
/// the task completes only when the commit is durable.
/// </summary>
/// <remarks>
/// SQLite has one writer: units run one after another and those that wait together share one commit (group commit: one fsync for many), each inside its own
/// savepoint so that a refusal undoes only itself. PostgreSQL runs each unit in a serializable transaction and repeats it when the database asks for that, in
/// the end while no other runs.
/// A unit must not wait for anything but the database, and may run more than once.
/// </remarks>
internal sealed class Writes : IAsyncDisposable
{
    private const int MostPerCommit = 64;

    /// <summary>How often a unit on PostgreSQL tries its luck beside others.</summary>
    private const int TriesBesideOthers = 6;

    private const int MostTries = 20;

    /// <summary>
    /// Settings of SQLite's writing connection. What a savepoint may have to undo stays in memory (in a file it would be twenty writes a unit); the ends of all indexes that grow fit into 16 MB; the
    /// log is tidied at 16 MB and not at 4, since most of its pages are the same ones again.
    /// </summary>
    private const string OfWriter = "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000";

    private readonly Database database;
    private readonly Changes changes;
    private readonly Channel<IUnit>? queue;
    private readonly Task writer;
    private readonly UnitTurns turns = new();
    private long fence;

    public Writes(Database database, Changes changes)
    {
        this.database = database;
        this.changes = changes;
        if (database is SqliteDatabase)
        {
            queue = Channel.CreateBounded<IUnit>(1024);
            writer = OffIoThreads.RunAsync(WriteAsync);
        }
        else
        {
            writer = Task.CompletedTask;
        }
    }

    /// <summary>Whether units run one after another, each with all that was committed before it began, and once.</summary>
    public bool AreInTurn => queue is not null;

    /// <summary>Runs a unit that answers a value. Commits unless it refuses or throws.</summary>
    public async Task<Result<T>> RunAsync<T>(Func<SlipwayDbContext, CancellationToken, Task<Result<T>>> unit, CancellationToken cancellationToken)
    {
        if (queue is null)
        {
            return await RunUntilItWinsAsync(unit, cancellationToken);
        }

        var queued = new Unit<T>(unit, cancellationToken);
        await queue.Writer.WriteAsync(queued, cancellationToken);
        return await queued.Completion;
    }

    /// <summary>Runs a unit without a value.</summary>
    public async Task<Result> RunAsync(Func<SlipwayDbContext, CancellationToken, Task<Result>> unit, CancellationToken cancellationToken)
    {
        var result = await RunAsync<bool>(
            async (db, token) => (await unit(db, token)).Refusal is { } refusal ? refusal : true, cancellationToken);
        return new Result(result.Refusal);
    }

    /// <summary>From now on units commit only while the stored epoch is this one: a later server of the same PostgreSQL database raises it (<see cref="SoleServer"/>). SQLite has its file lock.</summary>
    public void FenceAt(long epoch) => Volatile.Write(ref fence, epoch);

    public async ValueTask DisposeAsync()
    {
        queue?.Writer.TryComplete();
        await writer;
    }

    private async Task<Result<T>> RunUntilItWinsAsync<T>(Func<SlipwayDbContext, CancellationToken, Task<Result<T>>> unit, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var alone = attempt > TriesBesideOthers;
            using (await turns.TakeAsync(alone, cancellationToken))
            {
                try
                {
                    return await RunInTransactionAsync(unit, cancellationToken);
                }
                catch (Exception exception) when (attempt < MostTries && HasLost(exception, alone))
                {
                    // again
                }
            }

            if (!alone)
            {
                await Task.Delay(Random.Shared.Next(1, 10 * attempt), cancellationToken);   // holding no place: others go on meanwhile
            }
        }
    }

    private async Task<Result<T>> RunInTransactionAsync<T>(Func<SlipwayDbContext, CancellationToken, Task<Result<T>>> unit, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        db.Traceparent = Activity.Current?.Id;
        var committing = false;
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, cancellationToken);
            await CheckFenceAsync(db, cancellationToken);
            var result = await unit(db, cancellationToken);
            if (result.IsRefused)
            {
                return result;
            }

            await db.SaveChangesAsync(cancellationToken);
            await db.StoreClaimsAsync(cancellationToken);
            committing = true;
            Failpoints.Pass("writes.before_commit");
            await transaction.CommitAsync(cancellationToken);
            Failpoints.Pass("writes.after_commit");
            Publish(db.TakeChanges());
            return result;
        }
        catch (Exception exception) when (committing && !HasLost(exception, alone: false))
        {
            changes.Outdate("");   // it may be there all the same, or be there in a moment: what is kept of the database also ends by its age
            throw;
        }
    }

    // Read in the unit's own serializable transaction, so a unit that commits comes before the later server's first one, whatever the clocks say.
    private async Task CheckFenceAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref fence) is > 0 and var epoch && await ServerEpoch.StoredAsync(db.Database.GetDbConnection(), cancellationToken) != epoch)
        {
            throw new DatabaseTakenException();
        }
    }

    // A unit looks before it inserts; when the key is taken all the same (23505), somebody committed in between, and the next attempt sees it. Alone there was nobody: it would be taken every time.
    private static bool HasLost(Exception exception, bool alone) =>
        exception is Npgsql.PostgresException { SqlState: "40001" or "40P01" } || (!alone && exception is Npgsql.PostgresException { SqlState: "23505" })
        || (exception.InnerException is { } inner && HasLost(inner, alone));

    private async Task WriteAsync()
    {
        SlipwayDbContext? db = null;
        while (await queue!.Reader.WaitToReadAsync())
        {
            // One context and connection for all commits: making them costs more than a commit. After a failure they are made anew.
            db ??= Open();
            if (!await CommitTogetherAsync(db))
            {
                await db.DisposeAsync();
                db = null;
            }
        }

        await (db?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private SlipwayDbContext Open()
    {
        var db = database.Open();
        db.Database.AutoSavepointsEnabled = false;   // each unit has its own
        return db;
    }

    /// <returns>False: it failed, and the context is to be used no more.</returns>
    private async Task<bool> CommitTogetherAsync(SlipwayDbContext db)
    {
        var done = new List<IUnit>();
        try
        {
            if (db.Database.GetDbConnection().State != System.Data.ConnectionState.Open)
            {
                await db.Database.OpenConnectionAsync();   // and it stays open
                await db.Database.ExecuteSqlRawAsync(OfWriter);
            }

            await using var transaction = await db.Database.BeginTransactionAsync();
            while (done.Count < MostPerCommit && queue!.Reader.TryRead(out var unit))
            {
                done.Add(unit);
                await unit.RunAsync(db);
            }

            db.BeginUnit();   // nothing of theirs is held until the next commit
            Failpoints.Pass("writes.before_commit");
            await transaction.CommitAsync();
            Failpoints.Pass("writes.after_commit");
        }
        catch (Exception exception)
        {
            // No transaction at all: somebody else holds the database. Who waits is told so now, and does not wait for one attempt after the other.
            while (done.Count < MostPerCommit && queue!.Reader.TryRead(out var waiting))
            {
                done.Add(waiting);
            }

            changes.Outdate("");   // what failed while it was committed may be there all the same
            done.ForEach(unit => unit.Fail(exception));
            return false;
        }

        done.ForEach(unit => unit.Complete(Publish));
        return true;
    }

    private void Publish(IReadOnlyList<(string Kind, string Resource, bool IsNew)> committed)
    {
        foreach (var (kind, resource, isNew) in committed)
        {
            if (kind.Length == 0)
            {
                changes.Outdate(resource);
            }
            else
            {
                changes.Publish(kind, resource, isNew);
            }
        }
    }

    private interface IUnit
    {
        Task RunAsync(SlipwayDbContext db);

        void Complete(Action<IReadOnlyList<(string Kind, string Resource, bool IsNew)>> publish);

        void Fail(Exception exception);
    }

    private sealed class Unit<T>(Func<SlipwayDbContext, CancellationToken, Task<Result<T>>> unit, CancellationToken cancellationToken) : IUnit
    {
        private readonly TaskCompletionSource<Result<T>> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly string? traceparent = Activity.Current?.Id;
        private IReadOnlyList<(string Kind, string Resource, bool IsNew)> changes = [];
        private Result<T> result;
        private Exception? failure;

        public Task<Result<T>> Completion => completion.Task;

        public async Task RunAsync(SlipwayDbContext db)
        {
            db.BeginUnit();
            db.Traceparent = traceparent;
            await UnitSql.ChangeAsync(db, "SAVEPOINT unit", [], CancellationToken.None);
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                result = await unit(db, cancellationToken);
                if (!result.IsRefused)
                {
                    await db.SaveChangesAsync(cancellationToken);
                    await db.StoreClaimsAsync(cancellationToken);
                    await UnitSql.ChangeAsync(db, "RELEASE unit", [], CancellationToken.None);
                    changes = db.TakeChanges();
                    return;
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            await UnitSql.ChangeAsync(db, "ROLLBACK TO unit", [], CancellationToken.None);
        }

        public void Complete(Action<IReadOnlyList<(string Kind, string Resource, bool IsNew)>> publish)
        {
            if (failure is not null)
            {
                completion.TrySetException(failure);
                return;
            }

            publish(changes);
            completion.TrySetResult(result);
        }

        public void Fail(Exception exception) => completion.TrySetException(failure ?? exception);
    }
}
