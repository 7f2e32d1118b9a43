using System.Threading.Channels;

namespace Slipway.Server.Platform;

/// <summary>
/// Requests that wait together are answered together: one worker takes everything that came while it was busy, so that the cost of a unit and of its commit is shared by all of it.
/// </summary>
/// <param name="most">Weight that is taken at a time; one request may be heavier.</param>
/// <param name="weight">What a request counts.</param>
/// <param name="answer">
/// Answers in the order of the requests; what it throws, each of them gets. It asks for the requests where it begins with them; asked again, by a unit that is repeated, it gets the same.
/// </param>
/// <param name="inTurn">
/// Whether answers begin one after the other by themselves, as units on SQLite do (<see cref="Writes.AreInTurn"/>): then the next one waits for its turn while the one before is committed, and takes
/// what has come until it begins. Elsewhere one begins when the last has ended.
/// </param>
internal sealed class Lane<TRequest, TAnswer>(
    int most, Func<TRequest, int> weight, Func<Func<IReadOnlyList<TRequest>>, CancellationToken, Task<IReadOnlyList<TAnswer>>> answer, bool inTurn)
{
    private readonly Channel<Waiting> queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(1024) { SingleReader = true });

    /// <param name="cancellationToken">
    /// Ends the wait for a place in the queue. What is queued is carried out, whoever still listens, so its outcome is waited for: who asked would else go on as if nothing had been done.
    /// </param>
    public async Task<TAnswer> AskAsync(TRequest request, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(request);
        await queue.Writer.WriteAsync(waiting, cancellationToken);
        return await waiting.Done.Task;
    }

    /// <summary>The worker; runs until <paramref name="stoppingToken"/>. What is left then is cancelled.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        var last = Task.CompletedTask;
        try
        {
            while (await queue.Reader.WaitToReadAsync(stoppingToken))
            {
                var batch = new Batch(this, eager: !inTurn);
                last = AnswerAsync(batch, stoppingToken);
                await (inTurn ? batch.Taken : last);
            }
        }
        finally
        {
            await last;
            queue.Writer.TryComplete();
            while (queue.Reader.TryRead(out var left))
            {
                left.Done.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private void Take(List<Waiting> together)
    {
        for (var taken = 0; taken < most && queue.Reader.TryRead(out var next); taken += weight(next.Request))
        {
            together.Add(next);
        }
    }

    private async Task AnswerAsync(Batch batch, CancellationToken cancellationToken)
    {
        try
        {
            var answers = await answer(batch.Take, cancellationToken);
            for (var i = 0; i < batch.Together.Count; i++)
            {
                batch.Together[i].Done.TrySetResult(answers[i]);
            }
        }
        catch (ClaimTakenException) when (batch.Together.Count > 1)
        {
            // One of them must not be carried out; the others do not pay for it.
            foreach (var waiting in batch.Together)
            {
                await AnswerAloneAsync(waiting, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            batch.Take();   // it may have failed before it began
            batch.Together.ForEach(w => w.Done.TrySetException(exception));
        }
    }

    private async Task AnswerAloneAsync(Waiting waiting, CancellationToken cancellationToken)
    {
        try
        {
            waiting.Done.TrySetResult((await answer(() => [waiting.Request], cancellationToken))[0]);
        }
        catch (Exception exception)
        {
            waiting.Done.TrySetException(exception);
        }
    }

    /// <summary>What is answered together. Taken once, by the worker or by who answers; the worker waits for that, so the queue has one reader at a time.</summary>
    private sealed class Batch
    {
        private readonly Lane<TRequest, TAnswer> lane;
        private readonly TaskCompletionSource taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private IReadOnlyList<TRequest>? requests;

        public Batch(Lane<TRequest, TAnswer> lane, bool eager)
        {
            this.lane = lane;
            if (eager)
            {
                Take();
            }
        }

        public List<Waiting> Together { get; } = [];

        public Task Taken => taken.Task;

        public IReadOnlyList<TRequest> Take()
        {
            if (requests is null)
            {
                lane.Take(Together);
                requests = Together.ConvertAll(w => w.Request);
                taken.TrySetResult();
            }

            return requests;
        }
    }

    private sealed record Waiting(TRequest Request)
    {
        public TaskCompletionSource<TAnswer> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
