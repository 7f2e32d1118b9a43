using Microsoft.AspNetCore.Http.Features;

namespace Slipway.Server.Platform;

/// <summary>See <see cref="HttpEdge"/>.</summary>
/// <remarks>
/// 1 request id, in the answer and in every log line; 2 headers that protect the reader; 3 the address: host name and
/// control characters; 4 the rest of the server; 5 an answer without a body becomes a problem; 6 an exception becomes its refusal, or 500.
/// </remarks>
internal sealed partial class HttpEdgeMiddleware(RequestDelegate next, HostNames hosts, ILogger<HttpEdgeMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // 1
        GiveRequestId(context);
        using var scope = logger.BeginScope(new RequestScope(context.TraceIdentifier));

        // 2
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (context.Request.Path.StartsWithSegments("/ui", StringComparison.Ordinal) || context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "no-referrer";
            headers.ContentSecurityPolicy = HttpEdge.ContentSecurityPolicy;
            headers.CacheControl = "no-store";
        }

        try
        {
            // 3
            if (CheckAddress(context.Request) is { } refusal)
            {
                await Problems.WriteAsync(context, refusal);
                return;
            }

            // 4
            await next(context);

            // 5
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null or 0 })
            {
                await Problems.WriteAsync(context, EdgeRefusals.OfStatus(context.Response.StatusCode));
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;   // nobody reads it
            }
        }
        catch (Exception exception)
        {
            // 6
            var refusal = RefusalOf(exception, context);
            if (refusal.Status >= 500)
            {
                LogFailed(exception, context.Request.Method, context.GetEndpoint()?.DisplayName ?? "no route", context.TraceIdentifier);
            }

            if (context.Response.HasStarted)
            {
                context.Abort();   // a cut answer must not look like a whole one
                return;
            }

            ForgetAnswer(context.Response);
            await Problems.WriteAsync(context, refusal);
        }
    }

    private Refusal? CheckAddress(HttpRequest request)
    {
        if (!hosts.Allow(request.Host))
        {
            return EdgeRefusals.HostNotAllowed;
        }

        return request.Path.Value is { } path && path.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0
            || request.QueryString.Value is { Length: > 0 } query && query.Contains("%00", StringComparison.Ordinal)
                ? EdgeRefusals.AddressMalformed
                : null;
    }

    /// <summary>A new id for the request, ours whatever the client sent: in the answer's header, in problems and in the log.</summary>
    public static void GiveRequestId(HttpContext context)
    {
        context.TraceIdentifier = Guid.CreateVersion7().ToString("N");
        context.Response.Headers[HttpEdge.RequestIdHeader] = context.TraceIdentifier;
    }

    private static Refusal RefusalOf(Exception exception, HttpContext context) => exception switch
    {
        RefusedException refused => refused.Refusal,
        BadHttpRequestException { StatusCode: 413 } => EdgeRefusals.BodyTooLarge(context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? HttpEdge.MostBodyBytes),   // some routes have their own
        BadHttpRequestException { StatusCode: 408 } => EdgeRefusals.BodyTooSlow,
        BadHttpRequestException { StatusCode: 415 } => EdgeRefusals.ContentTypeRefused,
        BadHttpRequestException { Message: var message } bad when message.StartsWith("Failed to bind parameter", StringComparison.Ordinal)
            || message.StartsWith("Required parameter", StringComparison.Ordinal) =>
            EdgeRefusals.BadRequest(ParameterOf(message) is { } name ? $"Parameter '{name}' is missing or malformed." : "A parameter is missing or malformed."),
        BadHttpRequestException { StatusCode: 400 } => EdgeRefusals.BodyIncomplete,
        BadHttpRequestException bad => EdgeRefusals.OfStatus(bad.StatusCode),
        InvalidDataException => EdgeRefusals.BadRequest("The body could not be read."),
        _ => StorageFaults.RefusalOf(exception) ?? EdgeRefusals.Internal,
    };

    // The framework's sentence quotes the C# declaration, "int limit"; the caller knows only the name.
    private static string? ParameterOf(string message)
    {
        var start = message.IndexOf('"');
        var end = start < 0 ? -1 : message.IndexOf('"', start + 1);
        return end < 0 ? null : message[(start + 1)..end].Split(' ')[^1];
    }

    private static void ForgetAnswer(HttpResponse response)
    {
        response.Headers.Remove("Content-Length");
        response.Headers.Remove("Content-Type");
        response.Headers.Remove("Content-Disposition");
        response.Headers.Remove("ETag");
        response.Headers.Remove("Last-Modified");
        response.Headers.Remove("Location");
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Route} failed; request {RequestId} was answered with internal_error")]
    private partial void LogFailed(Exception exception, string method, string route, string requestId);

    private sealed class RequestScope(string id)
    {
        public override string ToString() => $"request {id}";
    }
}
