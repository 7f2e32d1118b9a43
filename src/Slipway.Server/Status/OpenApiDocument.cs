using Microsoft.OpenApi;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Status;

/// <summary>The OpenAPI document of our own API, made from the routes themselves.</summary>
internal static class OpenApiDocumentFeature
{
    public static void AddOpenApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Slipway", Version = FindStatus.Version, Description = "Every refusal is an RFC 9457 problem with a stable code." };
            document.Servers = [new OpenApiServer { Url = "/" }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key." },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<RouteRule>().LastOrDefault() is { } rule)
            {
                operation.Description ??= rule.Right is { } right ? $"Needs the right `{right.WireName()}`." : $"Open: {rule.OpenBecause}.";
                if (rule.Right is not null)
                {
                    operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", context.Document)] = [] }];
                }
            }

            if (metadata.OfType<PagedRoute>().Any())
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(Query("limit", JsonSchemaType.Integer, $"1 to {PageQuery.MostLimit}, default {PageQuery.DefaultLimit}."));
                operation.Parameters.Add(Query("page_token", JsonSchemaType.String, "From next_page_token of the page before."));
            }

            if (metadata.OfType<IdempotentRoute>().Any())
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = IdempotencyFilter.Header, In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                    Description = "The same key with the same body gets the same answer for 24 hours.",
                });
            }

            return Task.CompletedTask;
        });
    });

    private static OpenApiParameter Query(string name, JsonSchemaType type, string description) =>
        new() { Name = name, In = ParameterLocation.Query, Schema = new OpenApiSchema { Type = type }, Description = description };
}
