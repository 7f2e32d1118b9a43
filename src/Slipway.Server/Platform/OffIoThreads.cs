namespace Slipway.Server.Platform;

/// <summary>
/// Kestrel and the sockets run completions on their I/O threads here. That suits the gateway and nobody else, for what blocks there holds up every prediction of the thread: under
/// this context each continuation goes to the thread pool.
/// </summary>
internal sealed class OffIoThreads : SynchronizationContext
{
    private static readonly OffIoThreads Instance = new();

    /// <summary>Runs work, all of it, on the thread pool.</summary>
    public static Task RunAsync(Func<Task> work)
    {
        var done = new TaskCompletionSource();
        Instance.Post(static state => _ = RunAsync(((Func<Task> Work, TaskCompletionSource Done))state!), (work, done));
        return done.Task;
    }

    private static async Task RunAsync((Func<Task> Work, TaskCompletionSource Done) what)
    {
        var work = StartAsync(what.Work);
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        what.Done.SetFromTask(work);   // a cancelled one stays cancelled: that is how a loop ends with the server

        static async Task StartAsync(Func<Task> start) => await start();
    }

    public override void Post(SendOrPostCallback d, object? state) => ThreadPool.QueueUserWorkItem(
        static work =>
        {
            var before = Current;
            SetSynchronizationContext(Instance);
            try
            {
                work.d(work.state);
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        },
        (d, state),
        preferLocal: true);

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;
}
