using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Notifications.Webhooks;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Approvals;
using Slipway.Server.Tests.Deployments;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Notifications;

public sealed class WebhooksTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_change_reaches_the_other_side_as_a_signed_CloudEvent(string database)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await StartAsync(database);
        var made = await CreateAsync(server, receiver);
        server.Client.DefaultRequestHeaders.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        await server.Client.RegisterAsync("churn", "who leaves");

        var got = await receiver.NextAsync(0);

        Assert.Equal("application/cloudevents+json; charset=utf-8", got.Headers["content-type"]);
        var told = JsonElement.Parse(got.Body);
        Assert.Equal(("1.0", "dev.slipway.model.registered", "models/churn", "urn:slipway"), (Text(told, "specversion"), Text(told, "type"), Text(told, "subject"), Text(told, "source")));
        Assert.Equal("who leaves", told.GetProperty("data").GetProperty("description").GetString());
        Assert.Equal(got.Headers["webhook-id"], Text(told, "id"));
        Assert.Equal([$"v1,{Sign(made.Secret, got)}"], got.Headers["webhook-signature"].Split(' '));

        var delivery = await UntilAsync(server, made, d => d.State == "delivered");
        Assert.Equal((1, 204), (delivery.Attempts, delivery.LastStatus));
        Assert.Equal("active", (await server.Client.GetAsync<WebhookInfo>($"/api/v1/webhooks/{made.Webhook.Id}")).Status);

        // It belongs to the trace of the request that made the change; so does what many requests make together.
        Assert.StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-", Text(told, "traceparent"), StringComparison.Ordinal);
        Assert.Equal(Text(told, "traceparent"), got.Headers["traceparent"]);
        var run = await (await server.Client.PostJsonAsync("/api/v1/runs", """{"experiment":"leaving","create_experiment":true}""")).ReadAsync<RunInfo>();
        await (await server.Client.PutAsync($"/api/v1/runs/{run.Id}/artifacts/model.bin", new ByteArrayContent("weights"u8.ToArray()))).ShouldSucceedAsync();
        await (await server.Client.PostJsonAsync("/api/v1/models/churn/versions", $$"""{"source_run_id":"{{run.Id}}","artifact_path":"model.bin"}""")).ShouldSucceedAsync();
        server.Client.DefaultRequestHeaders.Remove("traceparent");
        await (await server.Client.PostJsonAsync($"/api/v1/runs/{run.Id}/finish", """{"status":"Failed","reason":"out of memory"}""")).ShouldSucceedAsync();
        var (version, finished) = (JsonElement.Parse((await receiver.NextAsync(1)).Body), JsonElement.Parse((await receiver.NextAsync(2)).Body));
        Assert.Equal("dev.slipway.model.version.created", Text(version, "type"));
        Assert.StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-", Text(version, "traceparent"), StringComparison.Ordinal);
        Assert.Equal(("dev.slipway.run.finished", $"runs/{run.Id}", "Failed", "out of memory"), (Text(finished, "type"), Text(finished, "subject"), Text(finished.GetProperty("data"), "status"), Text(finished.GetProperty("data"), "reason")));
        Assert.False(finished.TryGetProperty("traceparent", out _));
    }

    [Fact]
    public async Task Deployments_and_rollouts_are_told_of_step_by_step()
    {
        await using var host = await DeploymentHost.StartAsync();
        var made = await (await host.Admin.PostJsonAsync("/api/v1/webhooks", """{"name":"all","url":"https://localhost:9/"}""")).ReadAsync<WebhookSecret>();
        await host.LiveAsync(more: ""","max_replicas":2""");
        await host.UntilAsync(d => d.Rollout is null);
        await (await host.PostAsync("scale", """{"replicas":2}""")).ShouldSucceedAsync();
        host.Replicas.Hold("iris-2");   // what is new does not become ready: the rollout stays where it is
        var rollout = await host.UpdateAsync(2);
        foreach (var action in new[] { "pause", "resume", "cancel" })
        {
            await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/{action}", "{}")).ShouldSucceedAsync();
        }

        var told = (await AllAsync(host.Server, made)).Select(e => (Type: Text(e, "type").Replace("dev.slipway.", "", StringComparison.Ordinal), Subject: Text(e, "subject"), Data: e.GetProperty("data"))).ToList();

        Assert.Equal(("deployments/development/iris", "development", "iris"), told.Where(t => t.Type == "deployment.created").Select(t => (t.Subject, Text(t.Data, "environment"), Text(t.Data, "deployment"))).Single());
        Assert.Equal([(2, "by_hand")], told.Where(t => t.Type == "deployment.scaled").Select(t => (t.Data.GetProperty("replicas").GetInt32(), Text(t.Data, "reason"))));
        Assert.Contains("ACTIVE", told.Where(t => t.Type == "deployment.state.changed").Select(t => Text(t.Data, "to")));
        Assert.Equal(["rollout.started", "rollout.promoted"], told.Where(t => t.Type.StartsWith("rollout.", StringComparison.Ordinal) && t.Subject != $"rollouts/{rollout.Id}" && t.Type != "rollout.step.changed").Select(t => t.Type));
        var second = told.Where(t => t.Subject == $"rollouts/{rollout.Id}").ToList();
        Assert.Equal(["rollout.started", "rollout.paused", "rollout.step.changed", "rollout.rolledback"], second.Select(t => t.Type).Where((type, i) => i == 0 || type != "rollout.step.changed" || second[i - 1].Type == "rollout.paused"));
        Assert.Equal((1, 2, "CANCELED", 0), (second[^1].Data.GetProperty("from_revision").GetInt32(), second[^1].Data.GetProperty("to_revision").GetInt32(), Text(second[^1].Data, "status"), second[^1].Data.GetProperty("percent_traffic_to_new_version").GetInt32()));
    }

    [Fact]
    public async Task Every_type_that_there_is_is_told_of_and_types_that_are_not_wanted_are_not()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await StartAsync(Databases.Sqlite);
        var (ada, rev, _) = await server.GivenProtectedAsync();
        await CreateAsync(server, receiver);
        await CreateAsync(server, receiver, "picky", """["dev.slipway.approval.decided"]""", "/picky");
        await server.Client.PushedAsync("fraud", ("a", "1"));
        await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/fraud/aliases/best", """{"version":"1"}""");
        await (await server.Client.MoveAsync("fraud", 1, "Staging")).ShouldSucceedAsync();
        await (await server.Client.DeleteAsync("/api/v1/models/fraud/versions/1")).ShouldSucceedAsync();
        await (await rev.ApproveAsync(await ada.AskAsync("churn", 1, note: "go"))).ShouldSucceedAsync();

        for (var i = 0; i < 10; i++)
        {
            await receiver.NextAsync(i);
        }

        var all = receiver.Got.Where(r => r.Path == "/all").Select(r => Text(JsonElement.Parse(r.Body), "type").Replace("dev.slipway.", "", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            ["model.registered", "model.version.created", "model.version.alias.moved", "model.version.stage.changed", "model.version.alias.moved", "model.version.deleted", "approval.requested", "approval.decided", "model.version.stage.changed"],
            all);
        var changed = JsonElement.Parse(receiver.Got.Last(r => r.Path == "/all").Body).GetProperty("data");
        Assert.Equal(("ada", "rev", "Production", "go"), (Text(changed, "by"), Text(changed, "approved_by"), Text(changed, "to"), Text(changed, "note")));
        Assert.Equal("approved", Text(JsonElement.Parse(Assert.Single(receiver.Got, r => r.Path == "/picky").Body).GetProperty("data"), "state"));
    }

    [Fact]
    public async Task What_fails_is_sent_again_with_the_same_id_and_given_up_at_last_and_a_person_can_send_it_again()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await StartAsync(Databases.Sqlite);
        var made = await CreateAsync(server, receiver);
        receiver.Answer = (_, context) => Task.FromResult(context.Response.StatusCode = 500);
        await server.Client.RegisterAsync("churn");

        var dead = await UntilAsync(server, made, d => d.State == "dead");

        Assert.Equal((3, 500), (dead.Attempts, dead.LastStatus));
        Assert.Single(receiver.Got.Select(r => (r.Headers["webhook-id"], r.Body)).Distinct());
        Assert.Equal(1, (await server.Client.GetAsync<WebhookInfo>($"/api/v1/webhooks/{made.Webhook.Id}")).Dead);
        Assert.Equal([500, 500, 500], (await DetailAsync(server, dead.Id)).Log.Select(a => a.Status ?? 0));

        receiver.Answer = null;
        await (await server.Client.PostAsync($"/api/v1/webhooks/deliveries/{dead.Id}/redeliver", null)).ShouldSucceedAsync();
        Assert.Equal(dead.Id, (await UntilAsync(server, made, d => d.State == "delivered")).Id);
        Assert.Single(receiver.Got.Select(r => r.Headers["webhook-id"]).Distinct());
        Assert.Equal(4, (await DetailAsync(server, dead.Id)).Log.Count);
    }

    [Theory]
    [InlineData(410)]
    [InlineData(415)]
    public async Task Who_answers_that_it_wants_no_more_is_told_nothing_more_until_somebody_enables_it(int status)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await StartAsync(Databases.Sqlite);
        var made = await CreateAsync(server, receiver);
        receiver.Answer = (_, context) => Task.FromResult(context.Response.StatusCode = status);
        await server.Client.RegisterAsync("churn");
        var dead = await UntilAsync(server, made, d => d.State == "dead");
        Assert.Equal("stopped", (await server.Client.GetAsync<WebhookInfo>($"/api/v1/webhooks/{made.Webhook.Id}")).Status);
        await (await server.Client.PostAsync($"/api/v1/webhooks/deliveries/{dead.Id}/redeliver", null)).ShouldRefuseAsync(409, "webhook_not_active");
        await (await server.Client.PostAsync($"/api/v1/webhooks/{made.Webhook.Id}/test", null)).ShouldRefuseAsync(409, "webhook_not_active");
        await server.Client.RegisterAsync("fraud");

        receiver.Answer = null;
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, $"/api/v1/webhooks/{made.Webhook.Id}", """{"enabled":true}""")).ShouldSucceedAsync();
        await (await server.Client.PostAsync($"/api/v1/webhooks/{made.Webhook.Id}/test", null)).ShouldSucceedAsync();
        await UntilAsync(server, made, d => d is { State: "delivered", Type: "dev.slipway.webhook.test" });
        Assert.Equal(["dev.slipway.model.registered", "dev.slipway.webhook.test"], receiver.Got.Select(r => Text(JsonElement.Parse(r.Body), "type")));
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_sign_for_a_while()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await StartAsync(Databases.Sqlite);
        var made = await CreateAsync(server, receiver);
        var next = await (await server.Client.PostAsync($"/api/v1/webhooks/{made.Webhook.Id}/rotate-secret", null)).ReadAsync<WebhookSecret>();
        Assert.NotEqual(made.Secret, next.Secret);
        Assert.NotNull(next.Webhook.PreviousSecretUntil);
        await server.Client.RegisterAsync("churn");
        var got = await receiver.NextAsync(0);
        Assert.Equal([$"v1,{Sign(next.Secret, got)}", $"v1,{Sign(made.Secret, got)}"], got.Headers["webhook-signature"].Split(' '));

        await using var db = server.Services.GetRequiredService<Database>().Read();
        var stored = await db.Set<Webhook>().SingleAsync();
        var key = Convert.FromBase64String(next.Secret["whsec_".Length..]);
        Assert.False(stored.Secret.AsSpan().IndexOf(key) >= 0, "The secret is stored in the clear.");
    }

    [Fact]
    public async Task Redirects_are_not_followed_and_private_addresses_not_called()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await StartAsync(Databases.Sqlite);
        var made = await CreateAsync(server, receiver);
        receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        };
        await server.Client.RegisterAsync("churn");
        var dead = await UntilAsync(server, made, d => d.State == "dead");
        Assert.Equal(307, dead.LastStatus);
        Assert.DoesNotContain(receiver.Got, r => r.Path == "/elsewhere");

        foreach (var url in new[] { "https://127.0.0.2/x", "https://10.0.0.1/", "https://[::1]/", "http://example.com/", "ftp://example.com/", "https://user:secret@example.com/", "example.com", "" })
        {
            var refused = await (await server.Client.PostJsonAsync("/api/v1/webhooks", $$"""{"name":"x","url":"{{url}}"}""")).ShouldRefuseAsync(400, "invalid_field");
            Assert.Contains("url", refused.Errors!.Keys);
        }

        // A name is judged when it is called: by what it resolves to.
        var local = await (await server.Client.PostJsonAsync("/api/v1/webhooks", """{"name":"local","url":"https://localhost:9/"}""")).ReadAsync<WebhookSecret>();
        await (await server.Client.PostAsync($"/api/v1/webhooks/{local.Webhook.Id}/test", null)).ShouldSucceedAsync();
        var given = await UntilAsync(server, local, d => d.State == "dead");
        Assert.Contains("private", given.LastError, StringComparison.Ordinal);
        Assert.Equal(1, given.Attempts);
    }

    [Fact]
    public async Task Webhooks_are_an_administrators_and_edits_know_what_they_change()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await StartAsync(Databases.Sqlite);
        var made = await CreateAsync(server, receiver);
        await (await server.As(Role.Manager).GetAsync("/api/v1/webhooks")).ShouldRefuseAsync(403, "missing_right");
        await (await server.Client.PostJsonAsync("/api/v1/webhooks", $$"""{"name":"all","url":"{{receiver.Address}}"}""")).ShouldRefuseAsync(409, "webhook_already_exists");
        await (await server.Client.PostJsonAsync("/api/v1/webhooks", $$"""{"name":"x","url":"{{receiver.Address}}","events":["gossip"]}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.GetAsync($"/api/v1/webhooks/{Guid.Empty}")).ShouldRefuseAsync(404, "webhook_not_found");
        await (await server.Client.GetAsync("/api/v1/webhooks/deliveries?state=lost")).ShouldRefuseAsync(400, "invalid_field");
        var stale = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/webhooks/{made.Webhook.Id}") { Content = new StringContent("""{"enabled":false}""", Encoding.UTF8, "application/json") };
        stale.Headers.TryAddWithoutValidation("If-Match", "\"7\"");
        await (await server.Client.SendAsync(stale)).ShouldRefuseAsync(412, "stale_etag");
        Assert.DoesNotContain("whsec_", await server.Client.GetStringAsync("/api/v1/webhooks"), StringComparison.Ordinal);
        await (await server.Client.DeleteAsync($"/api/v1/webhooks/{made.Webhook.Id}")).ShouldSucceedAsync();
        await server.Client.RegisterAsync("churn");
        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(0, await db.Set<OutboxEvent>().CountAsync());   // nobody listens: an event costs no row
        Assert.Contains((await server.Client.GetAsync<Page<AuditEntryInfo>>("/api/v1/audit?action=webhook.created")).Items, a => a.After!.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    private static Task<TestServer> StartAsync(string database) => StartAsync(database == Databases.PostgreSql ? PostgreSqlServer.CreateDatabaseOrSkipAsync() : Task.FromResult<string>(null!));

    private static async Task<TestServer> StartAsync(Task<string> postgreSql) => await TestServer.StartAsync(
        options => options.AllowedPrivateHosts = ["127.0.0.1"],
        services => services.PostConfigure<WebhookOptions>(o =>
            (o.Pace, o.FirstWait, o.LongestWait, o.MostAttempts) = (TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100), 3)),
        await postgreSql);

    private static async Task<WebhookSecret> CreateAsync(TestServer server, Receiver receiver, string name = "all", string events = "[]", string path = "/all") =>
        await (await server.Client.PostJsonAsync("/api/v1/webhooks", $$"""{"name":"{{name}}","url":"{{new Uri(receiver.Address, path)}}","events":{{events}}}""")).ReadAsync<WebhookSecret>();

    private static async Task<DeliveryInfo> UntilAsync(TestServer server, WebhookSecret webhook, Func<DeliveryInfo, bool> wanted)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if ((await server.Client.GetAsync<Page<DeliveryInfo>>($"/api/v1/webhooks/{webhook.Webhook.Id}/deliveries")).Items.FirstOrDefault(wanted) is { } found)
            {
                return found;
            }

            await Task.Delay(30, bound.Token);
        }
    }

    /// <summary>Every event that was recorded, in order; whether it could be delivered is another matter.</summary>
    private static async Task<List<JsonElement>> AllAsync(TestServer server, WebhookSecret webhook)
    {
        Assert.NotEmpty(webhook.Secret);
        await using var db = server.Services.GetRequiredService<Database>().Read();
        return (await db.Set<OutboxEvent>().OrderBy(e => e.Sequence).Select(e => e.Body).ToListAsync()).ConvertAll(b => JsonElement.Parse(b));
    }

    private static Task<DeliveryDetail> DetailAsync(TestServer server, string id) => server.Client.GetAsync<DeliveryDetail>($"/api/v1/webhooks/deliveries/{id}");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Sign(string secret, Received got) => Convert.ToBase64String(HMACSHA256.HashData(
        Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{got.Headers["webhook-id"]}.{got.Headers["webhook-timestamp"]}.{got.Body}")));
}
