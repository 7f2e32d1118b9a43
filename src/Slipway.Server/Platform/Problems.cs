using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Slipway.Contracts;

namespace Slipway.Server.Platform;

/// <summary>Turns results into HTTP answers; every refusal of the own API leaves through here.</summary>
internal static class Problems
{
    public static IResult ToOk<T>(this Result<T> result) => result.Refusal is { } refusal ? refusal.ToProblem() : Results.Ok(result.Value);

    /// <summary>The value with its ETag in the header, for what two people may edit.</summary>
    public static IResult ToOk<T>(this Result<T> result, HttpContext http, Func<T, string> etag)
    {
        if (!result.IsRefused)
        {
            http.Response.Headers.ETag = etag(result.Value);
        }

        return result.ToOk();
    }

    public static IResult ToNoContent(this Result result) => result.Refusal is { } refusal ? refusal.ToProblem() : Results.NoContent();

    public static IResult ToCreated<T>(this Result<T> result, Func<T, string> location) =>
        result.Refusal is { } refusal ? refusal.ToProblem() : new CreatedAnswer<T>(location(result.Value), result.Value);

    public static IResult ToAccepted<T>(this Result<T> result) =>
        result.Refusal is { } refusal ? refusal.ToProblem() : Results.Accepted(null, result.Value);

    public static IResult ToProblem(this Refusal refusal) => new ProblemResult(refusal);

    // Quotes in sentences stay readable: this is JSON with nosniff, never HTML.
    private static readonly ContractsJson Json = new(new System.Text.Json.JsonSerializerOptions(ContractsJson.Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>201 in one piece: with its length, the answer leaves with one write, and not as chunks with an end of their own.</summary>
    private sealed class CreatedAnswer<T>(string location, T value) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var options = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            var json = JsonSerializer.SerializeToUtf8Bytes(value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
            var response = httpContext.Response;
            (response.StatusCode, response.ContentType, response.ContentLength, response.Headers.Location) =
                (StatusCodes.Status201Created, "application/json; charset=utf-8", json.Length, location);
            return response.Body.WriteAsync(json, httpContext.RequestAborted).AsTask();
        }
    }

    private sealed class ProblemResult(Refusal refusal) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, refusal);
    }

    /// <summary>Writes a refusal as RFC 9457, or in the shape that the dialect of the route, or of the address, has for errors.</summary>
    public static Task WriteAsync(HttpContext context, Refusal refusal)
    {
        var seconds = refusal.RetryAfter is { } after ? (int)Math.Ceiling(after.TotalSeconds) : (int?)null;
        if (seconds is { } value)
        {
            context.Response.Headers.RetryAfter = value.ToString();
        }

        context.Response.StatusCode = refusal.Status;
        if ((context.GetEndpoint()?.Metadata.GetMetadata<ErrorShape>() ?? context.Features.Get<ErrorShape>()) is { } shape)
        {
            return shape.WriteAsync(context, refusal);
        }

        var problem = new Problem(
            "about:blank", Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(refusal.Status), refusal.Status, refusal.Detail, refusal.Code,
            context.TraceIdentifier, refusal.Errors, seconds, refusal.Limit, refusal.Current ?? (refusal.MeasuresBody ? context.Request.ContentLength : null));
        return context.Response.WriteAsJsonAsync(problem, Json.Problem, "application/problem+json", context.RequestAborted);
    }
}
