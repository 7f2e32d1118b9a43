using System.Threading.Channels;

namespace Slipway.Server.Platform;

/// <summary>
/// Requests that wait together are answered together: one worker takes everything that came while it was busy, so that the cost of a unit and of its commit is shared by all of it.
/// </summary>
/// <param name="most">Weight that is taken at a time; one request may be heavier.</param>
/// <param name="weight">What a request counts.</param>
/// <param name="answer">Answers in the order of the requests; what it throws, each of them gets.</param>
internal sealed class Lane<TRequest, TAnswer>(
    int most, Func<TRequest, int> weight, Func<IReadOnlyList<TRequest>, CancellationToken, Task<IReadOnlyList<TAnswer>>> answer)
{
    private readonly Channel<Waiting> queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(1024) { SingleReader = true });

    public async Task<TAnswer> AskAsync(TRequest request, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(request);
        await queue.Writer.WriteAsync(waiting, cancellationToken);
        return await waiting.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The worker; runs until <paramref name="stoppingToken"/>. What is left then is cancelled.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await queue.Reader.WaitToReadAsync(stoppingToken))
            {
                var together = new List<Waiting>();
                for (var taken = 0; taken < most && queue.Reader.TryRead(out var next); taken += weight(next.Request))
                {
                    together.Add(next);
                }

                await AnswerAsync(together, stoppingToken);
            }
        }
        finally
        {
            queue.Writer.TryComplete();
            while (queue.Reader.TryRead(out var left))
            {
                left.Done.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private async Task AnswerAsync(List<Waiting> together, CancellationToken cancellationToken)
    {
        try
        {
            var answers = await answer(together.ConvertAll(w => w.Request), cancellationToken);
            for (var i = 0; i < together.Count; i++)
            {
                together[i].Done.TrySetResult(answers[i]);
            }
        }
        catch (Exception exception)
        {
            together.ForEach(w => w.Done.TrySetException(exception));
        }
    }

    private sealed record Waiting(TRequest Request)
    {
        public TaskCompletionSource<TAnswer> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
