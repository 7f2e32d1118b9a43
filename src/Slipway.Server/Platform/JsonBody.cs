using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Platform;

/// <summary>
/// The body of a request to the own API, checked and typed. Endpoints take it as a parameter, <c>async (JsonBody&lt;CreateX&gt; body, …)</c>, and run only
/// when it is good.
/// </summary>
/// <param name="Value">Never null; required fields are there, unknown ones are not.</param>
/// <param name="Utf8">The bytes as they came.</param>
internal sealed record JsonBody<T>(T Value, ReadOnlyMemory<byte> Utf8) : IBindableFromHttpContext<JsonBody<T>>, IEndpointParameterMetadataProvider
    where T : class
{
    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } && IsOptional(parameter))   // reflection: only where it decides
        {
            return null;
        }

        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var bytes = await JsonBodyReader.ReadBytesAsync(context.Request, JsonBodyReader.MostBytes, context.RequestAborted);
        if (bytes.IsRefused)
        {
            throw new RefusedException(bytes.Refusal!);
        }

        var body = JsonBodyReader.Parse(bytes.Value, (JsonTypeInfo<T>)json.GetTypeInfo(typeof(T)));
        if (body.IsRefused)
        {
            throw new RefusedException(body.Refusal!);
        }

        context.Features.Set(new RequestBytes(bytes.Value));
        return new JsonBody<T>(body.Value, bytes.Value);
    }

    /// <summary>An endpoint that takes <c>JsonBody&lt;T&gt;?</c> can be called without a body.</summary>
    private static bool IsOptional(ParameterInfo parameter) => new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.Nullable;

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T), IsOptional(parameter)));
}

/// <summary>The bytes of a JSON body that was read, for filters that run after binding.</summary>
internal sealed record RequestBytes(ReadOnlyMemory<byte> Utf8);

/// <summary>Reads bodies that are JSON. There is no second way.</summary>
internal static class JsonBodyReader
{
    /// <summary>Largest JSON body of the own API.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>The whole body, if it says that it is JSON and is not larger than <paramref name="mostBytes"/>.</summary>
    public static async Task<Result<ReadOnlyMemory<byte>>> ReadBytesAsync(HttpRequest request, int mostBytes, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
        {
            return EdgeRefusals.ContentTypeNotJson;
        }

        if (request.ContentLength > mostBytes)
        {
            return EdgeRefusals.BodyTooLarge(mostBytes);
        }

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > mostBytes)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return EdgeRefusals.BodyTooLarge(mostBytes);
            }

            if (read.IsCompleted)
            {
                var bytes = new byte[read.Buffer.Length];
                System.Buffers.BuffersExtensions.CopyTo(read.Buffer, bytes);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return new ReadOnlyMemory<byte>(bytes);
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Checked and typed, or 400 with the fields at fault.</summary>
    public static Result<T> Parse<T>(ReadOnlyMemory<byte> utf8, JsonTypeInfo<T> type)
        where T : class
    {
        if (JsonGuard.Check(utf8.Span) is { } refusal)
        {
            return refusal;
        }

        try
        {
            return JsonSerializer.Deserialize(utf8.Span, type) is { } value ? value : Refusal.BadRequest("invalid_json", "The body must be a JSON object, not null.");
        }
        catch (JsonException exception)
        {
            return Explain(utf8, type, exception);
        }
    }

    // The serializer's own sentences name our types; these name the caller's fields.
    private static Refusal Explain(ReadOnlyMemory<byte> utf8, JsonTypeInfo type, JsonException exception)
    {
        using var document = JsonDocument.Parse(utf8);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return Refusal.BadRequest("invalid_json", "The body must be a JSON object.");
        }

        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var field in document.RootElement.EnumerateObject().Where(field => type.Properties.All(p => p.Name != field.Name)))
        {
            errors[field.Name] = [$"There is no field '{field.Name}' here."];
        }

        foreach (var missing in type.Properties.Where(p => p.IsRequired && !document.RootElement.TryGetProperty(p.Name, out _)))
        {
            errors[missing.Name] = [$"The field '{missing.Name}' is required."];
        }

        if (errors.Count == 0)
        {
            var path = exception.Path is { Length: > 2 } known ? known[2..] : "body";
            errors[path] = [$"The field '{path}' has a value of the wrong type, is null where a value is needed, or is unknown."];
        }

        return Refusal.BadRequest("invalid_field", errors.First().Value[0]) with { Errors = errors };
    }
}
