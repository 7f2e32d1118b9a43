using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Rollouts;
using Slipway.Server.Tests.Approvals;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>Every way to make something live in an environment that asks for approval, without one, is tried, and none is open. Pushes and the Python client go through the same routes.</summary>
public sealed class DeploymentDoorsTests
{
    private const string Path = "/api/v1/deployments";
    private const string Iris = $"{Path}/production/iris";
    private static readonly string[] Prefixes = ["/api/v1/deployments", "/api/v1/rollouts", "/api/v1/environments"];

    /// <summary>production/iris runs revision 2 and ran revision 1, both from before approval was asked for; its last rollout, to revision 3, failed. staging/iris and staging/other are live.</summary>
    private static readonly Door[] Table =
    [
        Tried("POST /api/v1/deployments", "a new deployment there", async client =>
        {
            await client.PostJsonAsync(Path, """{"name":"new","model":"iris","version":"1","environment":"production"}""");
            await client.PostJsonAsync(Path, """{"name":"iris","model":"iris","version":"1","environment":"production"}""");
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/revisions", "an update to another version, or of variables, resources or the base image", async client =>
        {
            foreach (var change in new[] { """{"version":"4"}""", """{"variables":{"A":"1"}}""", """{"cpu_cores":0.5}""", """{"base_image":"python-system"}""", """{"version":"4","strategy":"blue_green"}""" })
            {
                await client.PostJsonAsync($"{Iris}/revisions", change);
                await WithdrawAsync(client);
            }
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/rebuild", "what is live, built anew", async client =>
        {
            await client.PostJsonAsync($"{Iris}/rebuild", "{}");
            await WithdrawAsync(client);
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/promote", "a promotion", async client =>
        {
            await client.PostJsonAsync($"{Path}/staging/iris/promote", "{}");
            await client.PostJsonAsync($"{Path}/staging/other/promote", "{}");
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/revisions/{number:int}/redeploy", "a redeploy of what nobody approved", async client =>
        {
            await client.PostJsonAsync($"{Iris}/revisions/1/redeploy", "{}");
            await client.PostJsonAsync($"{Iris}/revisions/3/redeploy", "{}");
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/rollback", "a rollback to what nobody approved", async client =>
        {
            await client.PostJsonAsync($"{Iris}/rollback", "{}");
            await client.PostJsonAsync($"{Iris}/rollback", """{"revision":3}""");
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/retry", "a failed rollout tried again", client => client.PostJsonAsync($"{Iris}/retry", "{}")),
        Tried("POST /api/v1/rollouts/{id:guid}/retry", "the same by the rollout", EachRolloutAsync("retry")),
        Tried("POST /api/v1/rollouts/{id:guid}/resume", "an ended rollout taken up again", EachRolloutAsync("resume")),
        Tried("POST /api/v1/rollouts/{id:guid}/force-complete", "an ended rollout rolled forward", EachRolloutAsync("force-complete")),
        Tried("POST /api/v1/deployments/{environment}/{name}/start", "stopping and starting: what was live comes back, nothing else", async client =>
        {
            await client.PostJsonAsync($"{Iris}/stop", "{}");
            await client.PostJsonAsync($"{Iris}/start", "{}");
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/revisions/{number:int}/activate", "another revision activated in place of the live one", async client =>
        {
            await client.PostJsonAsync($"{Iris}/revisions/2/deactivate", "{}");
            await client.PostJsonAsync($"{Iris}/revisions/1/activate", "{}");
            await client.PostJsonAsync($"{Iris}/revisions/2/activate", "{}");
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/reject", "a rejection, which brings a revision back to development, of production", client => client.PostJsonAsync($"{Iris}/reject", "{}")),
        Tried("PATCH /api/v1/deployments/{environment}/{name}", "settings that carry a version", async client =>
        {
            await client.SendJsonAsync(HttpMethod.Patch, Iris, """{"version":"4"}""");
            await client.SendJsonAsync(HttpMethod.Patch, Iris, """{"environment":"production","name":"other"}""");
        }),
        Tried("PATCH /api/v1/deployments/{environment}/{name}/revisions/{number:int}", "a revision that is changed", client =>
            client.SendJsonAsync(HttpMethod.Patch, $"{Iris}/revisions/2", """{"name":"x","approval_id":"00000000-0000-0000-0000-000000000001"}""")),
        Tried("PUT /api/v1/deployments/{environment}/{name}/following", "another name to follow, and moves of it", async client =>
        {
            await client.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", """{"reference":"iris@champion"}""");
            await client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/iris/aliases/champion", """{"version":"4"}""");
            await client.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", """{"reference":"iris@champion","on_move":"supersede"}""");
            await client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/iris/aliases/champion", """{"version":"1"}""");
        }),
        Tried("POST /api/v1/deployments/{environment}/{name}/following/catch-up", "catching up with a name that has moved", async client =>
        {
            await client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/iris/aliases/champion", """{"version":"4"}""");
            await client.PostJsonAsync($"{Iris}/following/catch-up", "{}");
        }),
        NotADoor("DELETE /api/v1/deployments/{environment}/{name}/following", "ends a following, moves nothing"),
        Tried("POST /api/v1/environments", "an environment that takes production's place", client => client.PostJsonAsync("/api/v1/environments", """{"name":"Production","after":"staging"}""")),
        Tried("DELETE /api/v1/environments/{environment}", "production is deleted and made again", client => client.DeleteAsync("/api/v1/environments/production")),
        NotADoor("PUT /api/v1/environments/{environment}/secrets/{name}", "the value behind a name, which is the environment's and no part of a revision; who manages secrets, audited"),
        NotADoor("DELETE /api/v1/environments/{environment}/secrets/{name}", "the same"),
        NotADoor("POST /api/v1/deployments/{environment}/{name}/simulate", "asks, changes nothing"),
        Tried("POST /api/v1/deployments/{environment}/{name}/draft/patches", "code that nobody approved, patched into what runs", client =>
            client.PostJsonAsync($"{Iris}/draft/patches", """{"base_hash":"x","operations":[{"op":"put","path":"model/model.py","content_base64":"eA=="}]}""")),
        Tried("POST /api/v1/deployments/{environment}/{name}/draft/freeze", "a draft frozen there", client => client.PostJsonAsync($"{Iris}/draft/freeze", "{}")),
        NotADoor("POST /api/v1/deployments/{environment}/{name}/draft/watch", "how many, not what"),
        NotADoor("PATCH /api/v1/environments/{environment}", "changes who must agree, never what is live; administrators only, audited, not by a key with scopes"),
        NotADoor("DELETE /api/v1/deployments/{environment}/{name}", "takes away; making it again passes the gate"),
        NotADoor("POST /api/v1/deployments/{environment}/{name}/stop", "takes away"),
        NotADoor("POST /api/v1/deployments/{environment}/{name}/revisions/{number:int}/deactivate", "takes away"),
        NotADoor("POST /api/v1/deployments/{environment}/{name}/scale", "how many, not what"),
        NotADoor("PATCH /api/v1/deployments/{environment}/{name}/autoscaling", "how many, not what"),
        NotADoor("POST /api/v1/deployments/{environment}/{name}/wake", "how many, not what"),
        NotADoor("POST /api/v1/deployments/{environment}/{name}/restart", "the same revision in new processes"),
        NotADoor("POST /api/v1/rollouts/{id:guid}/pause", "holds what passed the gate"),
        NotADoor("POST /api/v1/rollouts/{id:guid}/cancel", "back to what is live"),
        NotADoor("POST /api/v1/rollouts/{id:guid}/force-cancel", "back to what is live"),
        NotADoor("POST /api/v1/rollouts/{id:guid}/cleanup", "takes away"),
    ];

    [Fact]
    public async Task Every_writing_route_of_deployments_is_in_the_table()
    {
        await using var host = await DeploymentHost.StartAsync();
        Assert.Empty(Doors.Unclassified(host.Server, Prefixes, Table));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_door_is_open(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await GivenAsync(host);
        var open = new List<string>();
        foreach (var (who, client) in await Doors.IntrudersAsync(host.Server))
        {
            open.AddRange(await Doors.OpenAsync(who, client, Table, () => ProbeAsync(host)));
            await WithdrawAsync(client);
        }

        Assert.Empty(open);
        Assert.Equal("iris: 2; 3 rollouts", await ProbeAsync(host));

        // The lock has a key: what the intruders asked for is there, and a reviewer can open.
        var asked = (await host.Admin.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?limit=500")).Items;
        Assert.Contains(asked, a => a.Requester == "nightly" && a.Action.Contains("production/iris", StringComparison.Ordinal));
        Assert.DoesNotContain(asked, a => a.AppliedAt is not null);
        await ClearedAsync(host);
        var mine = await DeploymentApprovalTests.AskedAsync(host.Admin.PostJsonAsync($"{Iris}/revisions", """{"version":"4"}"""));
        await DeploymentApprovalTests.ApprovedAsync(await host.Server.UserAsync("rev", Role.Manager), mine);
    }

    [Fact]
    public async Task Who_may_not_deploy_straight_to_production_does_not_do_so_by_a_name()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.Admin.PushedAsync("iris", ("data.csv", "1"));
        await host.Admin.PushedAsync("iris", ("data.csv", "2"));
        await host.LiveAsync(environment: "production");
        var manager = host.Server.As(Role.Manager);
        await PointAsync(manager, 2);
        await (await manager.PostJsonAsync($"{Iris}/revisions", """{"version":"2"}""")).ShouldRefuseAsync(403, "missing_right");
        foreach (var name in new[] { """{"reference":"iris@champion"}""", """{"reference":"iris@champion","follow":false}""" })
        {
            await (await manager.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", name)).ShouldRefuseAsync(403, "missing_right");
        }

        await (await host.Admin.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", """{"reference":"iris@champion","follow":false}""")).ShouldSucceedAsync();
        await (await manager.PostJsonAsync($"{Iris}/following/catch-up", "{}")).ShouldRefuseAsync(403, "missing_right");
        await (await manager.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", """{"reference":"iris@champion"}""")).ShouldRefuseAsync(403, "missing_right");
        Assert.Equal("iris: 1; 1 rollouts", await ProbeAsync(host));

        // What an administrator has let follow, whoever operates production moves, and ends.
        await (await host.Admin.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", """{"reference":"iris@champion"}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Live.Number: 2, Rollout: null }, environment: "production");
        await PointAsync(manager, 1);
        await host.UntilAsync(d => d is { Live.Number: 3, Rollout: null }, environment: "production");
        await (await manager.SendJsonAsync(HttpMethod.Put, $"{Iris}/following", """{"reference":"iris@champion","follow":false}""")).ShouldSucceedAsync();
        await (await manager.DeleteAsync($"{Iris}/following")).ShouldSucceedAsync();
    }

    [Fact]
    public async Task Who_may_not_administer_changes_no_environment()
    {
        await using var host = await DeploymentHost.StartAsync();
        await DeploymentApprovalTests.AskingAsync(host);
        (HttpClient Client, string Code)[] clients =
        [
            (host.Server.As(Role.Manager), "missing_right"), (host.Analyst, "missing_right"), (await host.Server.UserAsync("nightly", Role.Administrator, KeyScope.Write), "missing_scope"),
            (host.Server.WithKey(await Doors.JobKeyAsync(host.Server, "test-administrator")), "missing_scope"),
        ];
        foreach (var (client, code) in clients)
        {
            await (await client.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/production", """{"approval":false}""")).ShouldRefuseAsync(403, code);
        }
    }

    private static async Task GivenAsync(DeploymentHost host)
    {
        await host.Server.UserAsync("rev", Role.Manager);
        for (var version = 1; version <= 4; version++)
        {
            await host.Admin.PushedAsync("iris", ("data.csv", $"{version}"));
        }

        await (await host.Admin.SendJsonAsync(HttpMethod.Put, "/api/v1/models/iris/aliases/champion", """{"version":"2"}""")).ShouldSucceedAsync();
        await host.LiveAsync(environment: "staging");
        await host.LiveAsync("other", environment: "staging");
        await host.LiveAsync(environment: "production");
        await host.UntilEndedAsync(await (await host.PostAsync("revisions", """{"version":"2"}""", "production/iris")).ReadAsync<RolloutInfo>());
        host.Replicas.Break("iris-3", "load_failed");
        await host.UntilEndedAsync(await (await host.PostAsync("revisions", """{"version":"3"}""", "production/iris")).ReadAsync<RolloutInfo>());
        await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/production", """{"approval":true,"reviewers":["rev","test-manager","test-administrator"]}""")).ShouldSucceedAsync();
    }

    // From the database, so that no route's answer stands between.
    private static async Task<string> ProbeAsync(DeploymentHost host)
    {
        await using var db = host.Service<Database>().Read();
        var there = await db.Set<Deployment>().Where(d => d.Environment.Name == "production").OrderBy(d => d.Name).Select(d => new { d.Id, d.Name, d.LiveRevisionId }).ToListAsync();
        var ids = there.ConvertAll(d => d.Id);
        var numbers = await db.Set<Revision>().Where(r => ids.Contains(r.DeploymentId)).ToDictionaryAsync(r => r.Id, r => r.Number);
        return $"{string.Join(", ", there.Select(d => $"{d.Name}: {(d.LiveRevisionId is { } live ? numbers[live] : 0)}"))}; {await db.Set<Rollout>().CountAsync(r => ids.Contains(r.DeploymentId))} rollouts";
    }

    private static Func<HttpClient, Task> EachRolloutAsync(string verb) => async client =>
    {
        foreach (var rollout in (await client.GetAsync<Page<RolloutInfo>>($"{Iris}/rollouts")).Items)
        {
            await client.PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/{verb}", "{}");
        }
    };

    private static async Task PointAsync(HttpClient by, int version) =>
        await (await by.SendJsonAsync(HttpMethod.Put, "/api/v1/models/iris/aliases/champion", $$"""{"version":"{{version}}"}""")).ShouldSucceedAsync();

    // So that the next one may ask; approving one's own is tried first.
    private static async Task WithdrawAsync(HttpClient client)
    {
        foreach (var approval in (await client.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?mine=requested&state=pending")).Items)
        {
            await client.ApproveAsync(approval);
            await client.CancelAsync(approval);
        }
    }

    // Following asks by itself, a moment after a move.
    private static async Task ClearedAsync(DeploymentHost host)
    {
        await (await host.Admin.DeleteAsync($"{Iris}/following")).ShouldSucceedAsync();
        var rev = await host.Server.UserAsync("rev", Role.Manager);
        await host.UntilAsync(
            async () =>
            {
                var pending = (await host.Admin.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals?state=pending")).Items;
                foreach (var approval in pending)
                {
                    await (approval.Requester == "rev" ? host.Admin : rev).RejectAsync(approval);
                }

                return pending.Count;
            },
            pending => pending == 0);
    }

    private static Door Tried(string route, string why, Func<HttpClient, Task> attempt) => new(route, why, attempt);

    private static Door NotADoor(string route, string why) => new(route, why, null);
}
