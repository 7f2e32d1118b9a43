using Slipway.Contracts;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class AliasesAndTagsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task An_alias_names_one_version_moves_and_keeps_its_history(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await GivenVersionsAsync(server, 2);

        Assert.Equal(1, (await SetAsync(server, "latest-prod", "1")).Version);
        Assert.Equal(1, (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/@latest-prod")).Version);
        Assert.Equal(2, (await SetAsync(server, "latest-prod", "v2")).Version);
        Assert.Equal(2, (await SetAsync(server, "latest-prod", "2")).Version);   // no move
        await SetAsync(server, "Latest-prod", "@latest-prod");                  // told apart by case

        Assert.Equal(["Latest-prod", "latest-prod"], (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/2")).Aliases);
        Assert.Equal([(1, 2), (null, 1)], (await MovesAsync(server, "latest-prod")).Select(m => (m.FromVersion, m.ToVersion)));
        await (await server.Client.DeleteAsync("/api/v1/models/churn/aliases/latest-prod")).ShouldSucceedAsync();
        await (await server.Client.DeleteAsync("/api/v1/models/churn/aliases/latest-prod")).ShouldRefuseAsync(404, "alias_not_found");
        await (await server.Client.GetAsync("/api/v1/models/churn/versions/@latest-prod")).ShouldRefuseAsync(404, "version_not_found");
        Assert.Equal((2, null), (await MovesAsync(server, "latest-prod")).Select(m => (m.FromVersion, m.ToVersion)).First());
        Assert.Equal(["Latest-prod"], (await server.Client.GetAsync<Page<AliasInfo>>("/api/v1/models/churn/aliases")).Items.Select(a => a.Alias));
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("LATEST")]
    [InlineData("v3")]
    [InlineData("V3")]
    [InlineData("3")]
    [InlineData("a.b")]
    [InlineData("a%20b")]
    [InlineData("%D0%B0lias")]   // а Cyrillic look-alike
    public async Task A_name_that_could_be_taken_for_something_else_is_no_alias(string alias)
    {
        await using var server = await TestServer.StartAsync();
        await GivenVersionsAsync(server, 1);
        await (await server.Client.SendJsonAsync(HttpMethod.Put, $"/api/v1/models/churn/aliases/{alias}", """{"version":"1"}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Two_moves_of_one_alias_at_once_follow_each_other_in_its_history(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await GivenVersionsAsync(server, 3);
        await SetAsync(server, "champion", "3");
        for (var round = 0; round < Databases.RaceRounds; round++)
        {
            await Task.WhenAll(SetAsync(server, "champion", "1"), SetAsync(server, "champion", "2"));
        }

        var moves = (await MovesAsync(server, "champion")).Reverse().ToList();
        Assert.All(moves.Zip(moves.Skip(1)), pair => Assert.Equal(pair.First.ToVersion, pair.Second.FromVersion));
        Assert.Equal(moves[^1].ToVersion, (await server.Client.GetAsync<AliasInfo>("/api/v1/models/churn/aliases/champion")).Version);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Tags_of_versions_and_models_are_set_replaced_and_taken_away(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await GivenVersionsAsync(server, 1);
        foreach (var body in new[] { """{"key":"validated_by","value":"ml-team"}""", """{"key":"a/ b=ä","value":""}""", """{"key":"validated_by","value":"Ada"}""" })
        {
            await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/versions/1/tags", body)).ShouldSucceedAsync();
        }

        var version = await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/1");
        Assert.Equal([("a/ b=ä", ""), ("validated_by", "Ada")], version.Tags.Select(t => (t.Key, t.Value)));
        var left = await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/1/tags?key=a%2F%20b%3D%C3%A4")).ReadAsync<ModelVersionInfo>();
        Assert.Equal(["validated_by"], left.Tags.Keys);
        await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/1/tags?key=none")).ShouldRefuseAsync(404, "tag_not_found");

        var model = await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/tags", """{"key":"team","value":"risk"}""")).ReadAsync<ModelInfo>();
        Assert.Equal(("team", "risk"), (Assert.Single(model.Tags), model.TagValues["team"]));
        Assert.Single((await server.Client.GetAsync<Page<ModelInfo>>("/api/v1/models?tag=team")).Items);
        Assert.Empty((await (await server.Client.DeleteAsync("/api/v1/models/churn/tags?key=team")).ReadAsync<ModelInfo>()).Tags);
        await (await server.Client.DeleteAsync("/api/v1/models/churn/tags?key=%00")).ShouldRefuseAsync(400, "address_malformed");
    }

    [Fact]
    public async Task Keys_and_values_stop_at_their_limits()
    {
        await using var server = await TestServer.StartAsync();
        await GivenVersionsAsync(server, 1);
        foreach (var (key, value, status) in new[] { (250, 5000, 200), (251, 1, 400), (1, 5001, 400), (0, 1, 400) })
        {
            var response = await server.Client.SendJsonAsync(
                HttpMethod.Put, "/api/v1/models/churn/versions/1/tags", $$"""{"key":"{{new string('k', key)}}","value":"{{new string('v', value)}}"}""");
            Assert.Equal(status, (int)response.StatusCode);
        }

        await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/versions/1/tags", """{"key":"\u0000","value":""}""")).ShouldRefuseAsync(400, "invalid_json");
        Assert.Single((await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/1")).Tags);
    }

    private static async Task GivenVersionsAsync(TestServer server, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            await server.Client.PushedAsync("churn", ("data.csv", $"{i}"));
        }
    }

    private static async Task<AliasInfo> SetAsync(TestServer server, string alias, string version) =>
        await (await server.Client.SendJsonAsync(HttpMethod.Put, $"/api/v1/models/churn/aliases/{alias}", $$"""{"version":"{{version}}"}""")).ReadAsync<AliasInfo>();

    private static async Task<IReadOnlyList<AliasMoveInfo>> MovesAsync(TestServer server, string alias) =>
        (await server.Client.GetAsync<Page<AliasMoveInfo>>($"/api/v1/models/churn/alias-moves?alias={alias}&limit=500")).Items;
}
