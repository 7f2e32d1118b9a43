using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Deployments;
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
        await SqlAsync(host, postgreSql
            ? "ALTER TABLE idempotent_answers ADD CONSTRAINT lost CHECK (status = 0)"
            : "CREATE TRIGGER lost BEFORE INSERT ON idempotent_answers WHEN NEW.status > 0 BEGIN SELECT RAISE(ABORT, 'lost'); END");
        for (var i = 0; i < requests.Length; i++)
        {
            Assert.Equal((requests[i].Path, HttpStatusCode.InternalServerError), (requests[i].Path, (await SendAsync(host, i)).Status));
        }

        await SqlAsync(host, postgreSql ? "ALTER TABLE idempotent_answers DROP CONSTRAINT lost" : "DROP TRIGGER lost");
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

    private static async Task SqlAsync(DeploymentHost host, string sql)
    {
        await using var db = host.Service<Database>().Open();
        await db.Database.ExecuteSqlRawAsync(sql, TestContext.Current.CancellationToken);
    }
}
