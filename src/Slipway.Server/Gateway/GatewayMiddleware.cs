namespace Slipway.Server.Gateway;

/// <summary>
/// The front of the pipeline. A predict request ends here, on the I/O thread that brought it; every other request goes on to the router on the thread pool,
/// and stays there after each await, so that a database call never holds up predictions.
/// </summary>
internal sealed class GatewayMiddleware(RequestDelegate next, Gateway gateway)
{
    public Task InvokeAsync(HttpContext context) =>
        HttpMethods.IsPost(context.Request.Method) && PredictPath.TryRead(context.Request.Path.Value, out var path)
            ? gateway.ServeAsync(context, path)
            : OffIoThreads.RunAsync(next, context);
}

/// <summary>Puts the middleware before everything that the host adds, except what is there already (the host filter).</summary>
internal sealed class GatewayStartup : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<GatewayMiddleware>();
        next(app);
    };
}
