using Slipway.Server.Platform;

namespace Slipway.Server.Gateway;

/// <summary>
/// The front of the pipeline. A predict request ends here, on the I/O thread that brought it; every other request goes on to the router on the thread pool,
/// and stays there after each await, so that a database call never holds up predictions.
/// </summary>
internal sealed class GatewayMiddleware(RequestDelegate next, Gateway gateway, HostNames hosts)
{
    private string? allowedHost; // the last one that was: nearly all requests carry the same

    public Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method) && PredictPath.TryRead(context.Request.Path.Value, out var path) && IsHostAllowed(context.Request))
        {
            return gateway.ServeAsync(context, path);
        }

        if (OpenInference.Covers(context.Request.Path))
        {
            context.Features.Set(OpenInference.Errors);   // for what no route answers: 404, 405, a foreign host
        }

        return Next(context);
    }

    // Apart, for what it captures is made where the method begins: predictions would pay for it.
    private Task Next(HttpContext context) => OffIoThreads.RunAsync(() => next(context));

    // A foreign host goes on to the edge, which refuses it.
    private bool IsHostAllowed(HttpRequest request)
    {
        var host = request.Headers.Host.ToString();
        if (host == allowedHost)
        {
            return true;
        }

        if (!hosts.Allow(request.Host))
        {
            return false;
        }

        allowedHost = host;
        return true;
    }
}

/// <summary>Puts the middleware before everything that the host adds.</summary>
internal sealed class GatewayStartup : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<GatewayMiddleware>();
        next(app);
    };
}
