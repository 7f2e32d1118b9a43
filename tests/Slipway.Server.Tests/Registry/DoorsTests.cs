using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Tests.Approvals;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

/// <summary>Every way to change a protected stage without an approval is tried, and none is open. The Python client and the command line go through the same routes.</summary>
public sealed class DoorsTests
{
    private const string Model = "/api/v1/models/churn";
    private static readonly string[] Prefixes = ["/api/v1/models", "/api/v1/uploads", "/api/v1/stage-protections", "/api/v1/approvals"];

    /// <summary>churn has v1 in Production (protected), v2 in no stage with the label <c>next</c> and the alias <c>challenger</c>, v3 in Staging; <c>rev</c> reviews.</summary>
    private static readonly Door[] Table =
    [
        Tried("POST /api/v1/models/{model}/versions/{version}/stage", "the front door, by every name of a version, and what it archives", async client =>
        {
            foreach (var version in new[] { "2", "v2", "V2", "next", "@challenger", "3" })
            {
                await client.PostJsonAsync($"{Model}/versions/{version}/stage", """{"stage":"Production"}""");
                await client.PostJsonAsync($"{Model}/versions/{version}/stage", """{"stage":"pRODUCTION","archive_existing_versions":false}""");
            }

            foreach (var stage in new[] { "None", "Staging", "Archived" })
            {
                await client.PostJsonAsync($"{Model}/versions/1/stage", $$"""{"stage":"{{stage}}"}""");
                await client.PostJsonAsync($"{Model}/versions/@live/stage", $$"""{"stage":"{{stage}}"}""");
            }
        }),
        Tried("POST /api/v1/models/{model}/versions", "a version that is born in a stage", async client =>
        {
            using var answer = await client.PutArchiveAsync(RegistryCalls.TarGz(("a", [1])));
            var id = answer.IsSuccessStatusCode ? (await answer.ReadAsync<UploadInfo>()).Id : "none";
            await client.PostJsonAsync($"{Model}/versions", $$"""{"upload_id":"{{id}}","stage":"Production"}""");
            await client.PostJsonAsync($"{Model}/versions", $$$"""{"upload_id":"{{{id}}}","label":"Production","metadata":{"stage":"Production"}}""");
        }),
        Tried("PATCH /api/v1/models/{model}/versions/{version}", "an edit that carries a stage", async client =>
        {
            await client.SendJsonAsync(HttpMethod.Patch, $"{Model}/versions/2", """{"stage":"Production"}""");
            await client.SendJsonAsync(HttpMethod.Patch, $"{Model}/versions/3", """{"label":"Production"}""");
        }),
        Tried("DELETE /api/v1/models/{model}/versions/{version}", "the incumbent goes", async client =>
        {
            await client.DeleteAsync($"{Model}/versions/1");
            await client.DeleteAsync($"{Model}/versions/@live");
        }),
        Tried("DELETE /api/v1/models/{model}", "delete and register again, which would shake off the rule", async client =>
        {
            await client.DeleteAsync(Model);
            await client.RegisterAsync("churn");
        }),
        Tried("PATCH /api/v1/models/{model}", "a rename out from under the rule", async client =>
        {
            await client.SendJsonAsync(HttpMethod.Patch, Model, """{"name":"churn2"}""");
            await client.PostJsonAsync("/api/v1/models/churn2/versions/2/stage", """{"stage":"Production"}""");
        }),
        Tried("POST /api/v1/models", "a second model of the name, or one that differs by case", async client =>
        {
            await client.RegisterAsync("churn");
            await client.PostJsonAsync("/api/v1/models/Churn/versions/2/stage", """{"stage":"Production"}""");
        }),
        Tried("PUT /api/v1/models/{model}/aliases/{alias}", "an alias that is called like a stage, or moves", async client =>
        {
            await client.SendJsonAsync(HttpMethod.Put, $"{Model}/aliases/Production", """{"version":"2"}""");
            await client.SendJsonAsync(HttpMethod.Put, $"{Model}/aliases/live", """{"version":"2"}""");
            await client.SendJsonAsync(HttpMethod.Put, $"{Model}/aliases/live", """{"version":"1"}""");
        }),
        Tried("DELETE /api/v1/models/{model}/aliases/{alias}", "an alias that goes", client => client.DeleteAsync($"{Model}/aliases/Production")),
        Tried("PUT /api/v1/models/{model}/versions/{version}/tags", "a tag that is called stage", client =>
            client.SendJsonAsync(HttpMethod.Put, $"{Model}/versions/2/tags", """{"key":"stage","value":"Production"}""")),
        Tried("DELETE /api/v1/models/{model}/versions/{version}/tags", "a tag that goes", client => client.DeleteAsync($"{Model}/versions/2/tags?key=stage")),
        Tried("PUT /api/v1/models/{model}/tags", "a model's tag", client => client.SendJsonAsync(HttpMethod.Put, $"{Model}/tags", """{"key":"stage","value":"Production"}""")),
        Tried("DELETE /api/v1/models/{model}/tags", "a model's tag that goes", client => client.DeleteAsync($"{Model}/tags?key=stage")),
        Tried("POST /api/v1/approvals/{id:guid}/approve", "approving one's own request, or as somebody who was not named", client => EachRequestAsync(client, "approve", "{}")),
        Tried("POST /api/v1/approvals/{id:guid}/reject", "rejecting", client => EachRequestAsync(client, "reject", """{"comment":"x"}""")),
        Tried("POST /api/v1/approvals/{id:guid}/comments", "talking", client => EachRequestAsync(client, "comments", """{"text":"approved"}""")),
        Tried("POST /api/v1/approvals/{id:guid}/cancel", "cancelling; the last, so that the next intruder may ask", client => EachRequestAsync(client, "cancel", "{}")),
        Tried("PUT /api/v1/models/{model}/versions/{version}/metrics", "a metric that is called stage", client =>
            client.SendJsonAsync(HttpMethod.Put, $"{Model}/versions/2/metrics", """{"metrics":{"stage":1},"stage":"Production"}""")),
        NotADoor("DELETE /api/v1/models/{model}/versions/{version}/metrics", "takes a number away"),
        NotADoor("PUT /api/v1/models/{model}/protection/{stage}", "changes who reviews, never a stage; administrators only, audited"),
        NotADoor("DELETE /api/v1/models/{model}/protection/{stage}", "takes a rule away, changes no stage; administrators only, audited"),
        NotADoor("PUT /api/v1/stage-protections/{stage}", "changes who reviews, never a stage; administrators only, audited"),
        NotADoor("DELETE /api/v1/stage-protections/{stage}", "takes a rule away, changes no stage; administrators only, audited"),
        NotADoor("POST /api/v1/models/{model}/versions/{version}/builds", "makes a version runnable, moves nothing"),
        NotADoor("POST /api/v1/uploads", "files without a version"),
        NotADoor("POST /api/v1/uploads/archive", "files without a version"),
        NotADoor("PUT /api/v1/uploads/{id}/blobs/{sha256}", "files without a version"),
        NotADoor("DELETE /api/v1/uploads/{id}", "files without a version"),
    ];

    [Fact]
    public async Task Every_writing_route_of_the_registry_is_in_the_table()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Empty(Doors.Unclassified(server, Prefixes, Table));
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task No_door_is_open(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await GivenAsync(server);
        var open = new List<string>();
        foreach (var (who, client) in await Doors.IntrudersAsync(server))
        {
            open.AddRange(await Doors.OpenAsync(who, client, Table, () => ProbeAsync(server)));
        }

        Assert.Empty(open);
        Assert.Equal("v1", await ProbeAsync(server));

        // The lock has a key: what the intruders asked for is there, and another reviewer can open.
        var asked = (await server.Client.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?limit=500")).Items;
        Assert.Contains(asked, a => a.Requester == "nightly" && a.To == "Production");
        Assert.DoesNotContain(asked, a => a.AppliedAt is not null && a.Requester != "ada");
    }

    [Fact]
    public async Task Who_may_not_administer_changes_no_rule()
    {
        await using var server = await TestServer.StartAsync();
        await GivenAsync(server);
        (HttpClient Client, string Code)[] clients =
        [
            (server.As(Role.Manager), "missing_right"), (server.As(Role.Analyst), "missing_right"), (server.As(Role.Viewer), "missing_right"),
            (await server.UserAsync("nightly", Role.Administrator, KeyScope.Write), "missing_scope"), (server.WithKey(await Doors.JobKeyAsync(server, "test-administrator")), "missing_scope"),
        ];
        foreach (var (client, code) in clients)
        {
            foreach (var rule in new[] { $"{Model}/protection/Production", "/api/v1/stage-protections/Production" })
            {
                await (await client.SendJsonAsync(HttpMethod.Put, rule, """{"reviewers":["test-analyst"]}""")).ShouldRefuseAsync(403, code);
                await (await client.DeleteAsync(rule)).ShouldRefuseAsync(403, code);
            }
        }

        Assert.Equal(["carol", "rev"], Assert.Single((await server.Client.GetAsync<Page<StageProtectionInfo>>("/api/v1/stage-protections")).Items).Reviewers);
    }

    [Fact]
    public async Task A_model_that_was_deleted_and_registered_again_is_under_its_old_rule()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, _) = await server.GivenProtectedAsync();
        var asked = await ada.AskAsync("churn", 1);
        await (await server.Client.DeleteAsync(Model)).ShouldSucceedAsync();
        await (await rev.ApproveAsync(asked)).ShouldRefuseAsync(409, "approval_stale");
        await server.Client.PushedAsync("churn", ("a", "again"));
        await server.Client.AskAsync("churn", 1);
        Assert.Equal("None", await ada.StageAsync("churn", 1));
    }

    private static async Task GivenAsync(TestServer server)
    {
        for (var i = 1; i <= 3; i++)
        {
            await server.Client.PushedAsync("churn", ("data.csv", $"{i}"));
        }

        foreach (var (method, path, body) in new[]
        {
            ("POST", "versions/3/stage", """{"stage":"Staging"}"""), ("PATCH", "versions/2", """{"label":"next"}"""),
            ("PUT", "aliases/challenger", """{"version":"2"}"""), ("PUT", "aliases/live", """{"version":"1"}"""),
        })
        {
            await (await server.Client.SendJsonAsync(new HttpMethod(method), $"{Model}/{path}", body)).ShouldSucceedAsync();
        }

        var ada = await server.UserAsync("ada", Role.Analyst);
        await server.UserAsync("carol", Role.Viewer);
        var rev = await server.UserAsync("rev", Role.Manager);
        await server.Client.ProtectAsync("churn", "Production", "rev", "carol");
        await (await rev.ApproveAsync(await ada.AskAsync("churn", 1))).ShouldSucceedAsync();
    }

    // From the database, so that no route's answer stands between.
    private static async Task<string> ProbeAsync(TestServer server)
    {
        await using var db = server.Services.GetRequiredService<Database>().Read();
        return string.Join(", ", await db.Set<ModelVersion>().Where(v => v.Stage == Stage.Production).OrderBy(v => v.Number).Select(v => "v" + v.Number).ToListAsync());
    }

    // A reviewer may approve what another asked for; that is no intrusion, so only the intruder's own requests and, for who is no reviewer, all of them.
    private static async Task EachRequestAsync(HttpClient client, string verb, string body)
    {
        await client.MoveAsync("churn", 2, "Production");
        await client.MoveAsync("churn", 3, "Production");
        var query = verb is "approve" or "reject" && await IsReviewerAsync(client) ? "mine=requested&" : "";
        foreach (var approval in (await client.GetAsync<Page<ApprovalInfo>>($"/api/v1/approvals?{query}state=pending")).Items)
        {
            await client.PostJsonAsync($"/api/v1/approvals/{approval.Id}/{verb}", body);
        }
    }

    private static async Task<bool> IsReviewerAsync(HttpClient client) => (await client.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?limit=500")).Items.Any(a => a.CanDecide);

    private static Door Tried(string route, string why, Func<HttpClient, Task> attempt) => new(route, why, attempt);

    private static Door NotADoor(string route, string why) => new(route, why, null);
}
