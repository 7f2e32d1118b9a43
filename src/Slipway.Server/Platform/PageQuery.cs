using System.Buffers.Text;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http.Metadata;
using Slipway.Contracts;

namespace Slipway.Server.Platform;

/// <summary>The query parameters <c>limit</c> (1 to 500, default 50) and <c>page_token</c> (opaque) of every list. Endpoints take it as a parameter.</summary>
/// <param name="After">The sort key of the last row of the page before; null on the first page.</param>
internal sealed record PageQuery(int Limit, string? After) : IBindableFromHttpContext<PageQuery>, IEndpointParameterMetadataProvider
{
    public const int DefaultLimit = 50;
    public const int MostLimit = 500;

    public static Refusal TokenInvalid { get; } = Refusal.BadRequest("page_token_invalid", "This page_token does not come from an answer of this list.");

    public static ValueTask<PageQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var limit = DefaultLimit;
        if (context.Request.Query["limit"].ToString() is { Length: > 0 } text && (!int.TryParse(text, out limit) || limit is < 1 or > MostLimit))
        {
            throw new RefusedException(Refusal.BadRequest("limit_invalid", $"limit is a number from 1 to {MostLimit}."));
        }

        return ValueTask.FromResult<PageQuery?>(new PageQuery(limit, Decode(context.Request.Query["page_token"].ToString())));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new PagedRoute());

    /// <summary>Makes the page out of up to <see cref="Limit"/> + 1 rows in order; the row too many only says that there is a next page.</summary>
    /// <param name="key">The sort key of a row, for <see cref="After"/> of the next page.</param>
    public Page<T> Of<TRow, T>(IReadOnlyList<TRow> rows, Func<TRow, string> key, Func<TRow, T> project) => rows.Count > Limit
        ? new Page<T>([.. rows.Take(Limit).Select(project)], Encode(key(rows[Limit - 1])))
        : new Page<T>([.. rows.Select(project)], null);

    /// <summary>An opaque token for a sort key.</summary>
    public static string Encode(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    private static string? Decode(string token)
    {
        if (token.Length == 0)
        {
            return null;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(token)) is var key && !key.Contains('\0')
                ? key
                : throw new RefusedException(TokenInvalid);
        }
        catch (Exception exception) when (exception is FormatException or DecoderFallbackException)
        {
            throw new RefusedException(TokenInvalid);
        }
    }
}

/// <summary>Marks routes that take <see cref="PageQuery"/>, for the OpenAPI document.</summary>
internal sealed record PagedRoute;
