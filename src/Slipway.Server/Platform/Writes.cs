using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Slipway.Server.Platform;

/// <summary>
/// The one way to change the control database. A unit loads, decides and saves on the context it is given; it is committed as a whole or not at all, and
/// the task completes only when the commit is durable.
/// </summary>
/// <remarks>
/// SQLite has one writer: units run one after another and those that wait together share one commit (group commit: one fsync for many), each inside its own
/// savepoint so that a refusal undoes only itself. PostgreSQL runs each unit in a serializable transaction and repeats it when the database asks for that.
/// A unit must not wait for anything but the database, and may run more than once.
/// </remarks>
internal sealed class Writes : IAsyncDisposable
{
    private const int MostPerCommit = 64;
    private readonly Database database;
    private readonly Changes changes;
    private readonly Channel<IUnit>? queue;
    private readonly Task writer;

    public Writes(Database database, Changes changes)
    {
        this.database = database;
        this.changes = changes;
        if (database is SqliteDatabase)
        {
            queue = Channel.CreateBounded<IUnit>(1024);
            writer = Task.Run(WriteAsync);
        }
        else
        {
            writer = Task.CompletedTask;
        }
    }

    /// <summary>Runs a unit that answers a value. Commits unless it refuses or throws.</summary>
    public async Task<Result<T>> RunAsync<T>(Func<SlipwayDbContext, CancellationToken, Task<Result<T>>> unit, CancellationToken cancellationToken)
    {
        if (queue is null)
        {
            return await RunAloneAsync(unit, cancellationToken);
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

    public async ValueTask DisposeAsync()
    {
        queue?.Writer.TryComplete();
        await writer;
    }

    private async Task<Result<T>> RunAloneAsync<T>(Func<SlipwayDbContext, CancellationToken, Task<Result<T>>> unit, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var db = database.Open();
            try
            {
                await using var transaction = await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, cancellationToken);
                var result = await unit(db, cancellationToken);
                if (result.IsRefused)
                {
                    return result;
                }

                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                Publish(db);
                return result;
            }
            catch (Exception exception) when (attempt < 20 && IsSerializationFailure(exception))
            {
                await Task.Delay(Random.Shared.Next(1, 10 * attempt), cancellationToken);
            }
        }
    }

    // A unit looks before it inserts; when the key is taken all the same (23505), somebody committed in between, and the next attempt sees it.
    private static bool IsSerializationFailure(Exception exception) =>
        exception is Npgsql.PostgresException { SqlState: "40001" or "40P01" or "23505" } || (exception.InnerException is { } inner && IsSerializationFailure(inner));

    private async Task WriteAsync()
    {
        while (await queue!.Reader.WaitToReadAsync())
        {
            await CommitTogetherAsync();
        }
    }

    private async Task CommitTogetherAsync()
    {
        var done = new List<IUnit>();
        try
        {
            await using var carrier = database.Open();
            await using var transaction = await carrier.Database.BeginTransactionAsync();
            while (done.Count < MostPerCommit && queue!.Reader.TryRead(out var unit))
            {
                await using var db = database.Open();
                db.Database.SetDbConnection(carrier.Database.GetDbConnection());
                await db.Database.UseTransactionAsync(transaction.GetDbTransaction());
                done.Add(unit);
                await unit.RunAsync(db, transaction);
            }

            await transaction.CommitAsync();
        }
        catch (Exception exception)
        {
            // No transaction at all: somebody else holds the database. Who waits is told so now, and does not wait for one attempt after the other.
            while (done.Count < MostPerCommit && queue!.Reader.TryRead(out var waiting))
            {
                done.Add(waiting);
            }

            done.ForEach(unit => unit.Fail(exception));
            return;
        }

        done.ForEach(unit => unit.Complete(Publish));
    }

    private void Publish(IReadOnlyList<(string Kind, string Resource)> committed)
    {
        foreach (var (kind, resource) in committed)
        {
            changes.Publish(kind, resource);
        }
    }

    private void Publish(SlipwayDbContext db) => Publish(db.PendingChanges);

    private interface IUnit
    {
        Task RunAsync(SlipwayDbContext db, IDbContextTransaction transaction);

        void Complete(Action<IReadOnlyList<(string Kind, string Resource)>> publish);

        void Fail(Exception exception);
    }

    private sealed class Unit<T>(Func<SlipwayDbContext, CancellationToken, Task<Result<T>>> unit, CancellationToken cancellationToken) : IUnit
    {
        private readonly TaskCompletionSource<Result<T>> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private IReadOnlyList<(string Kind, string Resource)> changes = [];
        private Result<T> result;
        private Exception? failure;

        public Task<Result<T>> Completion => completion.Task;

        public async Task RunAsync(SlipwayDbContext db, IDbContextTransaction transaction)
        {
            const string savepoint = "unit";
            await transaction.CreateSavepointAsync(savepoint, CancellationToken.None);
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                result = await unit(db, cancellationToken);
                if (!result.IsRefused)
                {
                    await db.SaveChangesAsync(cancellationToken);
                    await transaction.ReleaseSavepointAsync(savepoint, CancellationToken.None);
                    changes = db.PendingChanges;
                    return;
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            await transaction.RollbackToSavepointAsync(savepoint, CancellationToken.None);
        }

        public void Complete(Action<IReadOnlyList<(string Kind, string Resource)>> publish)
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
