using System.Text.Json;
using Slipway.Cli;
using Slipway.Contracts;
using Slipway.Server.Routing;

namespace Slipway.Server.Tests.Routing;

public sealed class SampleTests
{
    [Fact]
    public async Task The_page_shows_the_sample_and_the_sample_is_a_request()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Slipway.slnx")))
        {
            root = root.Parent!;
        }

        var path = Path.Combine(root.FullName, "samples/routing/deployment.yaml");
        Assert.Contains(await File.ReadAllTextAsync(path), await File.ReadAllTextAsync(Path.Combine(root.FullName, "docs/routing.md")), StringComparison.Ordinal);
        var request = await RequestFile.ReadAsync(path, ContractsJson.Default.CreateDeploymentRequest, CancellationToken.None);
        Assert.Equal([("plain", "1", null), ("norwegian", "2", "plain")], request.Variants!.Select(v => (v.Name, v.Version, v.Fallback.Value)));
        var wrong = new List<string>();
        var router = new RoutingReader((at, sentence) => wrong.Add($"{at}: {sentence}")).Read(request.Routing!, [.. request.Variants!.Select(v => v.Name)], "", "greeting");
        Assert.Empty(wrong);
        Assert.Equal("norwegian", router!.Route("""{"country":"SJ"}"""));
        Assert.Null(router!.Route("{}"));
    }

    [Theory]
    [InlineData("a: NO\nb: 12\nc: \"12\"\nd: true\ne: 'no'\nf: [1, x]\ng:\n", """{"a":"NO","b":12,"c":"12","d":true,"e":"no","f":[1,"x"],"g":null}""")]
    [InlineData("""{"a":{"b":[1.5,"2026-01-01"]}}""", """{"a":{"b":[1.5,"2026-01-01"]}}""")]
    [InlineData("a: 2026-01-01\nb: 1e3\nc: -4\n", """{"a":"2026-01-01","b":1000,"c":-4}""")]
    public void YAML_and_JSON_are_read_alike(string text, string json) =>
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(json).RootElement, JsonDocument.Parse(RequestFile.Parse(text)!.ToJsonString()).RootElement), RequestFile.Parse(text)!.ToJsonString());
}
