namespace Slipway.Server.Gateway;

/// <summary>
/// Kestrel and the sockets run completions on their I/O threads here. That suits the gateway and nobody else: under this context every continuation of a request goes to the
/// thread pool.
/// </summary>
internal sealed class OffIoThreads : SynchronizationContext
{
    private static readonly OffIoThreads Instance = new();

    /// <summary>Runs the rest of the pipeline on the thread pool.</summary>
    public static Task RunAsync(RequestDelegate next, HttpContext context)
    {
        var done = new TaskCompletionSource();
        Instance.Post(static state => _ = RunAsync((Work)state!), new Work(next, context, done));
        return done.Task;
    }

    private static async Task RunAsync(Work work)
    {
        try
        {
            await work.Next(work.Context);
            work.Done.SetResult();
        }
        catch (Exception exception)
        {
            work.Done.SetException(exception);
        }
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

    private sealed record Work(RequestDelegate Next, HttpContext Context, TaskCompletionSource Done);
}
