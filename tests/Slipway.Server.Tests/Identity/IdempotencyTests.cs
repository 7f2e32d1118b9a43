using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Approvals;
using Slipway.Server.Tests.Deployments;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Identity;

public sealed class IdempotencyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_whose_answer_was_lost_is_carried_out_once_and_answered_when_it_comes_again(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await DeploymentApprovalTests.AskingAsync(host);
        var trained = (await (await host.Admin.PostJsonAsync("/api/v1/runs", """{"experiment":"before","create_experiment":true}""")).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        await (await host.Admin.PutAsync($"/api/v1/runs/{trained}/artifacts/model.bin", new ByteArrayContent("weights"u8.ToArray()))).ShouldSucceedAsync();
        await (await host.Admin.PostJsonAsync("/api/v1/models", """{"name":"of-run"}""")).ShouldSucceedAsync();
        (string Path, string Body, HttpStatusCode Answer, string Key)[] requests =
        [
            ("models", """{"name":"lost","description":"once"}""", HttpStatusCode.Created, "name"),
            ("experiments", """{"name":"lost"}""", HttpStatusCode.Created, "id"),
            ("runs", """{"experiment":"before"}""", HttpStatusCode.Created, "id"),                                                // beside others, in the lane
            ("runs", """{"experiment":"made on the way","create_experiment":true,"tags":{"a":"b"}}""", HttpStatusCode.Created, "id"),
            ("models/of-run/versions", $$"""{"source_run_id":"{{trained}}","artifact_path":"model.bin"}""", HttpStatusCode.Created, "version"),
            ("models/of-run/versions", $$"""{"source_run_id":"{{trained}}","artifact_path":"model.bin","label":"v1.0.0"}""", HttpStatusCode.Created, "label"),
            ($"runs/{trained}/alerts", """{"condition":"loss > 1"}""", HttpStatusCode.Created, "condition"),
            ("users", """{"name":"lost","role":"viewer"}""", HttpStatusCode.Created, "name"),
            ("environments", """{"name":"lost-place"}""", HttpStatusCode.Created, "name"),
            ("deployments", """{"name":"iris","model":"iris","version":"1","environment":"development"}""", HttpStatusCode.Created, "name"),
            ("deployments", """{"name":"iris","model":"iris","version":"1","environment":"production"}""", HttpStatusCode.Accepted, "action"),   // a request for approval
        ];

        // 1. The change is committed, the answer is not.
        await SqlAsync(host, Losing(postgreSql));
        for (var i = 0; i < requests.Length; i++)
        {
            Assert.Equal((requests[i].Path, HttpStatusCode.InternalServerError), (requests[i].Path, (await SendAsync(host, i)).Status));
        }

        await SqlAsync(host, Keeping(postgreSql));
        var before = await CountsAsync(host);

        // 2. Said again it is answered, as often as one likes, and nothing is made.
        for (var i = 0; i < requests.Length; i++)
        {
            var (status, location, body) = await SendAsync(host, i);
            Assert.True(status == requests[i].Answer, $"{requests[i].Path}: {status} {body}");
            Assert.True(JsonElement.Parse(body).TryGetProperty(requests[i].Key, out _), body);
            Assert.NotNull(location);
            Assert.Equal((status, location, body), await SendAsync(host, i));
        }

        Assert.Equal(before, await CountsAsync(host));
        Assert.Equal("models 2, experiments 3, runs 3, versions 2, deployments 1, pending 1", before);

        // 3. While it is carried out another attempt commits, which it does not know of: it leaves nothing, and the next one is answered. By itself, and in a lane.
        const string Other = "INSERT INTO idempotent_answers (actor_id, key, route, body_hash, status, answer, effect, created_at) "
            + "SELECT actor_id, 'key-other', route, body_hash, 0, answer, 'attempt of another', created_at FROM idempotent_answers WHERE key = 'key-0'";
        foreach (var (path, body) in new[] { ("models", """{"name":"other"}"""), ("runs", """{"experiment":"before"}""") })
        {
            await SqlAsync(host, postgreSql
                ? $"CREATE OR REPLACE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {Other}; RETURN NULL; END $$; CREATE TRIGGER other AFTER INSERT ON {path} FOR EACH ROW EXECUTE FUNCTION other()"
                : $"CREATE TRIGGER other AFTER INSERT ON {path} BEGIN {Other}; END");
            var late = await PostAsync(host, path, body, "key-other");
            Assert.Equal((HttpStatusCode.Conflict, "idempotency_in_progress"), (late.Status, JsonElement.Parse(late.Body).GetProperty("code").GetString()));
            Assert.Equal(before, await CountsAsync(host));
            await SqlAsync(host, postgreSql ? $"DROP TRIGGER other ON {path}" : "DROP TRIGGER other");
            Assert.Equal(HttpStatusCode.Created, (await PostAsync(host, path, body, $"key-{path}")).Status);
            before = await CountsAsync(host);
        }

        await ShouldKeepAttemptsApartAsync(host);

        Task<(HttpStatusCode Status, Uri? Location, string Body)> SendAsync(DeploymentHost to, int number) => PostAsync(to, requests[number].Path, requests[number].Body, $"key-{number}");
    }

    /// <summary>An attempt may commit more than one unit, and one that knows what was made before it goes on from there; one that does not know commits nothing.</summary>
    private static async Task ShouldKeepAttemptsApartAsync(DeploymentHost host)
    {
        var actor = Guid.NewGuid();
        var first = Claim("");
        await StoreAsync(first, "a");
        await StoreAsync(first, "b");
        await Assert.ThrowsAsync<ClaimTakenException>(() => StoreAsync(Claim(""), "c"));
        await StoreAsync(Claim((await KnownAsync())!), "d");
        Assert.Equal(["a", "b", "d"], IdempotentEffect.Parse((await KnownAsync())!).Made.Where(m => m.Kind == "thing").Select(m => m.Resource));

        IdempotencyClaim Claim(string seen) => new(actor, "apart", "POST /things", "hash", seen, DateTimeOffset.UtcNow);

        async Task StoreAsync(IdempotencyClaim claim, string thing) => await host.Service<Writes>().RunAsync(
            (db, _) =>
            {
                db.Claim(claim, "thing", thing);
                return Task.FromResult(Result.Done);
            },
            TestContext.Current.CancellationToken);

        async Task<string?> KnownAsync()
        {
            await using var db = host.Service<Database>().Read();
            return await db.Set<IdempotentAnswer>().Where(a => a.ActorId == actor).Select(a => a.Effect).SingleAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<(HttpStatusCode Status, Uri? Location, string Body)> PostAsync(DeploymentHost host, string path, string body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{path}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await host.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, answer.Headers.Location, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_decision_or_comment_whose_answer_was_lost_is_answered_as_done_to_who_made_it(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var (ada, rev, boss) = await server.GivenProtectedAsync(versions: 1);
        var asked = new List<ApprovalInfo> { await ada.AskAsync("churn", 1) };
        foreach (var model in new[] { "fraud", "spam" })
        {
            await server.Client.PushedAsync(model, ("data.csv", model));
            await server.Client.ProtectAsync(model, "Production", "rev", "boss");
            asked.Add(await ada.AskAsync(model, 1));
        }

        (HttpClient Who, string Path, string Body, string State)[] requests =
        [
            (boss, $"{asked[0].Id}/comments", """{"text":"which data?"}""", "approved"),
            (rev, $"{asked[0].Id}/approve", """{"comment":"recall is better"}""", "approved"),
            (rev, $"{asked[1].Id}/reject", """{"comment":"too slow"}""", "rejected"),
            (ada, $"{asked[2].Id}/cancel", "{}", "cancelled"),
        ];

        // 1. The decision is committed, the answer is not.
        var postgreSql = database == Databases.PostgreSql;
        await SqlAsync(server.Services.GetRequiredService<Database>(), Losing(postgreSql));
        for (var i = 0; i < requests.Length; i++)
        {
            Assert.Equal((requests[i].Path, HttpStatusCode.InternalServerError), (requests[i].Path, (await SendAsync(i, $"key-{i}")).Status));
        }

        await SqlAsync(server.Services.GetRequiredService<Database>(), Keeping(postgreSql));

        // 2. Said again it is answered as what it was, as often as one likes.
        for (var i = 0; i < requests.Length; i++)
        {
            var (status, body) = await SendAsync(i, $"key-{i}");
            Assert.True(status == HttpStatusCode.OK, $"{requests[i].Path}: {status} {body}");
            var answer = JsonElement.Parse(body);
            answer = answer.TryGetProperty("approval", out var detail) ? detail : answer;
            Assert.Equal((requests[i].Path, requests[i].State), (requests[i].Path, answer.GetProperty("state").GetString()));
            Assert.Equal((status, body), await SendAsync(i, $"key-{i}"));
        }

        // 3. Each was done once, and under another key, or by another reviewer, a decision is the second one.
        Assert.Single((await ada.GetAsync<ApprovalDetail>($"/api/v1/approvals/{asked[0].Id}")).Comments);
        var row = Assert.Single((await server.Client.GetAsync<Page<AuditEntryInfo>>("/api/v1/audit?action=approval.approved")).Items);
        Assert.Contains($"\"key\":\"{rev.DefaultRequestHeaders.Authorization!.Parameter![..Secret.PrefixLength]}\"", row.After, StringComparison.Ordinal);   // by which the trail names who made it
        for (var i = 1; i < requests.Length; i++)
        {
            var (status, body) = await SendAsync(i, $"another-{i}");
            Assert.Equal((HttpStatusCode.Conflict, "approval_already_decided"), (status, JsonElement.Parse(body).GetProperty("code").GetString()));
        }

        await (await boss.ApproveAsync(asked[0])).ShouldRefuseAsync(409, "approval_already_decided");

        async Task<(HttpStatusCode Status, string Body)> SendAsync(int number, string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/approvals/{requests[number].Path}") { Content = new StringContent(requests[number].Body, Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", key);
            using var answer = await requests[number].Who.SendAsync(request, TestContext.Current.CancellationToken);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Lets no answer be stored.</summary>
    private static string Losing(bool postgreSql) => postgreSql
        ? "ALTER TABLE idempotent_answers ADD CONSTRAINT lost CHECK (status = 0)"
        : "CREATE TRIGGER lost BEFORE INSERT ON idempotent_answers WHEN NEW.status > 0 BEGIN SELECT RAISE(ABORT, 'lost'); END";

    private static string Keeping(bool postgreSql) => postgreSql ? "ALTER TABLE idempotent_answers DROP CONSTRAINT lost" : "DROP TRIGGER lost";

    private static async Task<string> CountsAsync(DeploymentHost host)
    {
        var counts = new List<string>();
        foreach (var (name, path) in new[]
                 {
                     ("models", "models"), ("experiments", "experiments"), ("runs", "runs"), ("versions", "models/of-run/versions"), ("deployments", "deployments"), ("pending", "approvals?state=pending"),
                 })
        {
            counts.Add($"{name} {(await host.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/{path}", TestContext.Current.CancellationToken)).GetProperty("items").GetArrayLength()}");
        }

        return string.Join(", ", counts);
    }

    private static Task SqlAsync(DeploymentHost host, string sql) => SqlAsync(host.Service<Database>(), sql);

    private static async Task SqlAsync(Database database, string sql)
    {
        await using var db = database.Open();
        await db.Database.ExecuteSqlRawAsync(sql, TestContext.Current.CancellationToken);
    }
}
