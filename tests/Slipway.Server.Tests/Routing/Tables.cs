using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Routing;

namespace Slipway.Server.Tests.Routing;

/// <summary>Tables and contexts as JSON.</summary>
internal static class Tables
{
    public static RoutingRules Rules(string json) => JsonSerializer.Deserialize(json, ContractsJson.Default.RoutingRules)!;

    /// <summary>Compiled, or the mistakes as <c>path: sentence</c>.</summary>
    public static (Router? Router, IReadOnlyList<string> Wrong) Read(string json, params string[] variants)
    {
        var wrong = new List<string>();
        var router = new RoutingReader((path, sentence) => wrong.Add($"{path}: {sentence}")).Read(Rules(json), variants.Length == 0 ? null : variants, json, "iris");
        return (router, wrong);
    }

    public static Router Router(string json)
    {
        var (router, wrong) = Read(json);
        Assert.Empty(wrong);
        return router!;
    }

    public static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    /// <summary>The variant of the row that answers; null: the default row.</summary>
    public static string? Route(this Router router, string context, string? identity = null, double draw = 0, string? body = null)
    {
        var values = new ContextValue[router.Fields.Length];
        JsonElement? root = body is null ? null : Json(body);
        ContextReader.Read(router, Json(context), root, values);
        return router.Match(values, identity ?? ContextReader.IdentityOf(router, Json(context), root), draw)?.Variant;
    }
}
