using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Slipway.Contracts;

namespace Slipway.Server.Platform;

/// <summary>
/// The outermost part of the server: what holds for every request of every route. It gives the request its id, refuses foreign host names, and makes
/// sure that each answer is a decided one: no exception, empty 404 or stack leaves the server.
/// </summary>
internal static class HttpEdge
{
    /// <summary>Largest body of any request.</summary>
    public const long MostBodyBytes = 100L * 1024 * 1024;

    public const string RequestIdHeader = "Slipway-Request-Id";

    /// <summary>Only our own files run; nobody may frame us. Styles may be inline: the component library writes them.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        + "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>JSON of the own API, and what Kestrel allows a client.</summary>
    public static void AddHttpEdge(this WebApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(json => UseApiRules(json.SerializerOptions));
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);   // its own lines would show addresses with keys in them
        builder.WebHost.ConfigureKestrel((_, kestrel) =>
        {
            var options = kestrel.ApplicationServices.GetRequiredService<IOptions<ServerOptions>>().Value;
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
            kestrel.Limits.MinResponseDataRate = new MinDataRate(240, TimeSpan.FromSeconds(10));
            kestrel.Listen(IPAddress.Parse(options.Listen), options.Port);
        });
    }

    /// <summary>Must be the first middleware; routing comes after it.</summary>
    public static void UseHttpEdge(this WebApplication app)
    {
        app.UseMiddleware<HttpEdgeMiddleware>();
        app.UseRouting();
    }

    /// <summary>snake_case, nothing unknown, nothing twice, nothing missing, numbers as numbers.</summary>
    public static void UseApiRules(JsonSerializerOptions json)
    {
        json.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.DictionaryKeyPolicy = null;
        json.PropertyNameCaseInsensitive = false;
        json.NumberHandling = JsonNumberHandling.Strict;
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.DefaultIgnoreCondition = JsonIgnoreCondition.Never;
        json.AllowDuplicateProperties = false;
        json.RespectNullableAnnotations = true;
        json.RespectRequiredConstructorParameters = true;
        json.MaxDepth = JsonGuard.MostDepth;
        json.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;   // answers are JSON with nosniff, never HTML
    }
}
