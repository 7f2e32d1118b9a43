using System.Net;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Registry;
using Slipway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Slipway.Server.Tests.Registry;

public sealed class StagesTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_version_that_comes_to_Production_archives_the_one_that_was_there_and_the_ledger_tells_it(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await GivenVersionsAsync(server, 3);
        await MoveAsync(server, 1, """{"stage":"pRODUCTION","note":"first"}""");

        var change = await MoveAsync(server, 2, """{"stage":"Production","note":"better recall"}""");

        Assert.Equal(("Production", 2), (change.Version.Stage, change.Version.Version));
        Assert.Equal([(1, "Production", "Archived"), (2, "None", "Production")], change.Transitions.Select(t => (t.Version, t.From, t.To ?? "")));
        Assert.Equal("Archived", (await VersionAsync(server, 1)).Stage);
        var ledger = (await server.Client.GetAsync<Page<TransitionInfo>>("/api/v1/models/churn/transitions")).Items;
        Assert.Equal([(2, "better recall"), (1, "v2 came to Production."), (1, "first")], ledger.Select(t => (t.Version, t.Note ?? "")));
        Assert.All(ledger, t => Assert.Equal("test-administrator", t.By));
        Assert.Equal([1, 1], (await server.Client.GetAsync<Page<TransitionInfo>>("/api/v1/models/churn/transitions?version=v1")).Items.Select(t => t.Version));
        Assert.Equal(2, (await server.Client.GetAsync<ModelInfo>("/api/v1/models/churn")).ProductionVersion);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Who_was_in_Production_at_any_time_is_known_even_of_versions_that_are_gone(string database)
    {
        var time = new ManualTimeProvider();
        await using var server = await Databases.StartAsync(database, services => services.AddSingleton<TimeProvider>(time));
        await GivenVersionsAsync(server, 2);
        var before = time.GetUtcNow();
        time.Advance(TimeSpan.FromHours(1));
        await MoveAsync(server, 1, """{"stage":"Production"}""");
        var first = time.GetUtcNow();
        time.Advance(TimeSpan.FromHours(1));
        await MoveAsync(server, 2, """{"stage":"Production"}""");
        time.Advance(TimeSpan.FromHours(1));
        await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/1")).ShouldSucceedAsync();
        time.Advance(TimeSpan.FromHours(1));

        Assert.Empty((await AtAsync(server, "production", before)).Versions);
        var holder = Assert.Single((await AtAsync(server, "production", first)).Versions);
        Assert.Equal((1, true, first, first.AddHours(1)), (holder.Version, holder.Deleted, holder.Since, holder.Until));
        var now = Assert.Single((await server.Client.GetAsync<StageAtInfo>("/api/v1/models/churn/stages/Production")).Versions);
        Assert.Equal((2, false, (DateTimeOffset?)null), (now.Version, now.Deleted, now.Until));
        Assert.Equal([1], (await AtAsync(server, "Archived", first.AddHours(1))).Versions.Select(v => v.Version));
        Assert.Empty((await AtAsync(server, "Archived", first.AddHours(3))).Versions);
        await (await server.Client.GetAsync("/api/v1/models/churn/stages/none")).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.GetAsync("/api/v1/models/churn/stages/production?at=yesterday")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task Several_versions_share_Production_when_the_incumbents_are_to_stay()
    {
        await using var server = await TestServer.StartAsync();
        await GivenVersionsAsync(server, 2);
        await MoveAsync(server, 1, """{"stage":"Production"}""");
        await MoveAsync(server, 2, """{"stage":"Production","archive_existing_versions":false}""");
        Assert.Equal([2, 1], (await server.Client.GetAsync<StageAtInfo>("/api/v1/models/churn/stages/production")).Versions.Select(v => v.Version));

        // Asked again it archives the other, and a third time there is nothing left to do.
        Assert.Equal([1], (await MoveAsync(server, 2, """{"stage":"Production"}""")).Transitions.Select(t => t.Version));
        Assert.Empty((await MoveAsync(server, 2, """{"stage":"Production"}""")).Transitions);
    }

    [Theory]
    [InlineData("""{"stage":"Retired"}""", "invalid_field")]
    [InlineData("""{"stage":"2"}""", "invalid_field")]
    [InlineData("""{"stage":"Staging,Production"}""", "invalid_field")]
    [InlineData("""{"stage":"Archived","archive_existing_versions":true}""", "invalid_field")]   // there is no stage to archive into
    [InlineData("""{"stage":"None","archive_existing_versions":true}""", "invalid_field")]
    public async Task A_transition_that_makes_no_sense_is_refused_and_leaves_no_entry(string body, string code)
    {
        await using var server = await TestServer.StartAsync();
        await GivenVersionsAsync(server, 1);
        await (await server.Client.PostJsonAsync("/api/v1/models/churn/versions/1/stage", body)).ShouldRefuseAsync(400, code);
        Assert.Empty((await server.Client.GetAsync<Page<TransitionInfo>>("/api/v1/models/churn/transitions")).Items);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Two_transitions_to_Production_at_once_leave_one_version_there(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await GivenVersionsAsync(server, 2);
        for (var round = 0; round < Databases.RaceRounds; round++)
        {
            await Task.WhenAll(MoveAsync(server, 1, """{"stage":"Production"}"""), MoveAsync(server, 2, """{"stage":"Production"}"""));
            var live = Assert.Single((await server.Client.GetAsync<StageAtInfo>("/api/v1/models/churn/stages/production")).Versions);
            Assert.Equal("Production", (await VersionAsync(server, live.Version)).Stage);
            Assert.Equal("Archived", (await VersionAsync(server, 3 - live.Version)).Stage);
            await MoveAsync(server, live.Version, """{"stage":"Staging"}""");
        }
    }

    [Fact]
    public async Task A_stale_ETag_stops_a_transition_and_an_edit()
    {
        await using var server = await TestServer.StartAsync();
        await GivenVersionsAsync(server, 1);
        var read = await VersionAsync(server, 1);
        await MoveAsync(server, 1, """{"stage":"Staging"}""");
        await (await SendAsync(server, HttpMethod.Post, "/api/v1/models/churn/versions/1/stage", """{"stage":"Production"}""", read.Etag)).ShouldRefuseAsync(412, "stale_etag");
        await (await SendAsync(server, HttpMethod.Patch, "/api/v1/models/churn/versions/1", """{"description":"mine"}""", read.Etag)).ShouldRefuseAsync(412, "stale_etag");
        var edited = await (await SendAsync(server, HttpMethod.Patch, "/api/v1/models/churn/versions/1", """{"description":"mine","label":"v2.1.0"}""", (await VersionAsync(server, 1)).Etag)).ReadAsync<ModelVersionInfo>();
        Assert.Equal(("mine", "v2.1.0"), (edited.Description, edited.Label));
        Assert.Equal(1, (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/v2.1.0")).Version);

        var model = await server.Client.GetAsync<ModelInfo>("/api/v1/models/churn");
        await (await SendAsync(server, HttpMethod.Patch, "/api/v1/models/churn", """{"description":"a"}""", model.Etag)).ShouldSucceedAsync();
        await (await SendAsync(server, HttpMethod.Patch, "/api/v1/models/churn", """{"description":"b"}""", model.Etag)).ShouldRefuseAsync(412, "stale_etag");
    }

    [Fact]
    public async Task A_label_belongs_to_one_version_and_can_be_taken_away()
    {
        await using var server = await TestServer.StartAsync();
        await GivenVersionsAsync(server, 2);
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/models/churn/versions/1", """{"label":"stable"}""")).ShouldSucceedAsync();
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/models/churn/versions/2", """{"label":"stable"}""")).ShouldRefuseAsync(409, "label_taken");
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/models/churn/versions/1", """{"label":""}""")).ShouldSucceedAsync();
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/models/churn/versions/2", """{"label":"stable"}""")).ShouldSucceedAsync();
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/models/churn/versions/2", """{"label":"v7"}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task A_viewer_moves_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await GivenVersionsAsync(server, 1);
        await (await server.As(Role.Viewer).PostJsonAsync("/api/v1/models/churn/versions/1/stage", """{"stage":"Staging"}""")).ShouldRefuseAsync(403, "missing_right");
        Assert.Equal("None", (await VersionAsync(server, 1)).Stage);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task What_a_deletion_takes_with_it_is_told_before_and_so_is_what_holds_it_back(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await GivenVersionsAsync(server, 2);
        await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/aliases/champion", """{"version":"2"}""");
        var told = await server.Client.GetAsync<DeletionInfo>("/api/v1/models/churn/versions/2/deletion");
        Assert.Equal((true, 1, 1), (told.Allowed, told.VersionCount, told.FileCount));
        Assert.Equal(["champion"], told.Aliases);

        await MoveAsync(server, 2, """{"stage":"Production"}""");
        Assert.Equal((false, "version_in_production"), await AllowedAsync(server, "versions/2/deletion"));
        Assert.Equal((false, "version_in_production"), await AllowedAsync(server, "deletion"));
        await MoveAsync(server, 2, """{"stage":"Archived"}""");
        Assert.Equal([2, 1], (await server.Client.GetAsync<DeletionInfo>("/api/v1/models/churn/deletion")).Versions);

        await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/2")).ShouldSucceedAsync();
        await (await server.Client.GetAsync("/api/v1/models/churn/aliases/champion")).ShouldRefuseAsync(404, "alias_not_found");
        Assert.Equal([(2, (int?)null), ((int?)null, 2)], (await server.Client.GetAsync<Page<AliasMoveInfo>>("/api/v1/models/churn/alias-moves")).Items.Select(m => (m.FromVersion, m.ToVersion)));
        Assert.Equal((HttpStatusCode.NoContent, 3), ((await server.Client.DeleteAsync("/api/v1/models/churn/versions/1")).StatusCode, (await server.Client.PushedAsync("churn", ("a", "new"))).Version));
    }

    private static async Task<(bool, string?)> AllowedAsync(TestServer server, string path)
    {
        var told = await server.Client.GetAsync<DeletionInfo>($"/api/v1/models/churn/{path}");
        return (told.Allowed, told.Code);
    }

    private static async Task GivenVersionsAsync(TestServer server, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            await server.Client.PushedAsync("churn", ("data.csv", $"{i}"));
        }
    }

    private static async Task<StageChangeInfo> MoveAsync(TestServer server, int version, string body) =>
        await (await server.Client.PostJsonAsync($"/api/v1/models/churn/versions/{version}/stage", body)).ReadAsync<StageChangeInfo>();

    private static Task<ModelVersionInfo> VersionAsync(TestServer server, int version) => server.Client.GetAsync<ModelVersionInfo>($"/api/v1/models/churn/versions/{version}");

    private static Task<StageAtInfo> AtAsync(TestServer server, string stage, DateTimeOffset at) =>
        server.Client.GetAsync<StageAtInfo>($"/api/v1/models/churn/stages/{stage}?at={at.UtcDateTime:O}");

    private static Task<HttpResponseMessage> SendAsync(TestServer server, HttpMethod method, string path, string body, string etag)
    {
        var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("If-Match", etag);
        return server.Client.SendAsync(request);
    }
}
