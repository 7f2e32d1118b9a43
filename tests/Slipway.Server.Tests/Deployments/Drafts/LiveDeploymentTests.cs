using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments.Drafts;

/// <summary>Live deployments with real Python processes: patched, broken, restarted, frozen and promoted.</summary>
public sealed class LiveDeploymentTests
{
    private const string Path = "/api/v1/deployments/development/adder";
    private const string Model = "import helper\nclass Model:\n    def load(self):\n        print('loading now')\n    def predict(self, x):\n        return [{0}, helper.word]\n";

    [Fact]
    public async Task A_live_deployment_answers_with_each_patch_keeps_what_works_and_is_frozen_into_a_version_when_it_is_promoted()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-");
        var hold = $"{folder.FullName}-hold";   // beside it: replicas may be other users
        try
        {
            int? process;
            await using (var server = await TestServer.StartAsync(
                services: services => services.Configure<ReplicasOptions>(o => o.KeepReplicasOnStop = true), dataFolder: folder.FullName))
            {
                await LiveAsync(server);
                process = (await ReplicaAsync(server)).Pid;
                var draft = await server.Client.GetAsync<DraftInfo>($"{Path}/draft");
                Assert.True(draft.IsFrozen);
                Assert.Equal(["model/model.py", "packages/helper.py"], draft.Files.Select(f => f.Path));

                // Code alone: the same process, with what it had loaded.
                draft = await PatchedAsync(server, draft, Put("model/model.py", Of("x + 10")));
                Assert.Equal(("applied", true, false), (draft.Outcome, draft.KeptState, draft.IsFrozen));
                Assert.Equal("[11,\"one\"]", await PredictAsync(server, draft.Name));

                // Another module, a binary file, and one away again: loaded anew.
                draft = await PatchedAsync(server, draft, Put("packages/helper.py", "word = 'two'\n"), new DraftOperation("put", "data/w.bin", Convert.ToBase64String([0, 255])));
                Assert.Equal(("applied", false), (draft.Outcome, draft.KeptState));
                var diff = await server.Client.GetAsync<DraftDiffInfo>($"{Path}/draft/diff?context=0");
                Assert.Equal((draft.Hash, 1, 2, 2), (diff.Hash, diff.BaseVersion, diff.Added, diff.Removed));
                Assert.Equal([("data/w.bin", "added", "binary"), ("model/model.py", "changed", null), ("packages/helper.py", "changed", null)], diff.Files.Select(f => (f.Path, f.Change, f.Omitted)));
                Assert.Equal([("removed", "word = 'one'"), ("added", "word = 'two'")], Assert.Single(diff.Files[2].Hunks).Lines.Select(l => (l.Kind, l.Text)));
                await (await server.Client.GetAsync($"{Path}/draft/diff?context=-1")).ShouldRefuseAsync(400, "invalid_field");
                draft = await PatchedAsync(server, draft, new DraftOperation("remove", "data/w.bin"));
                Assert.Equal("[11,\"two\"]", await PredictAsync(server, draft.Name));
                Assert.DoesNotContain(draft.Files, f => f.Path == "data/w.bin");

                // A broken one keeps the code before, and says where it is broken.
                var broken = await PatchedAsync(server, draft, Put("model/model.py", Of("x +")));
                Assert.Equal(("failed", draft.Name, "import_failed"), (broken.Outcome, broken.Name, broken.Error?.Code));
                Assert.Contains("SyntaxError", broken.Error!.Traceback, StringComparison.Ordinal);
                Assert.Contains("\"model/model.py\", line 6", broken.Error.Traceback, StringComparison.Ordinal);
                Assert.Equal("[11,\"two\"]", await PredictAsync(server, draft.Name));
                await (await server.Client.PostJsonAsync($"{Path}/draft/freeze", "{}")).ShouldRefuseAsync(409, "draft_broken");
                Assert.Equal(broken.Error.Code, (await server.Client.GetAsync<DeploymentInfo>(Path)).Draft?.Error?.Code);

                // A stale base, and what a running process cannot take, change nothing.
                await (await SendAsync(server, draft.Hash, Put("model/model.py", Of("x")))).ShouldRefuseAsync(409, "stale_draft");
                await (await server.Client.GetAsync($"{Path}/draft/files/model/nothing.py")).ShouldRefuseAsync(404, "file_not_found");
                await (await SendAsync(server, broken.Hash, Put("config.yaml", "python_version: py312\n"))).ShouldRefuseAsync(409, "full_push_required");
                await (await SendAsync(server, broken.Hash, new DraftOperation("remove", "no/such.py"))).ShouldRefuseAsync(400, "invalid_field");
                Assert.Equal(broken.Hash, (await server.Client.GetAsync<DraftInfo>($"{Path}/draft")).Hash);

                draft = await PatchedAsync(server, broken, Put("model/model.py", Of("x + 20")));
                Assert.Equal("[21,\"two\"]", await PredictAsync(server, draft.Name));
                Assert.Contains("x + 20", await (await server.Client.GetAsync($"{Path}/draft/files/model/model.py")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
                Assert.Equal(process, (await ReplicaAsync(server)).Pid);
            }

            // Another server adopts the process, and its draft survives; so it does a restart of the process.
            await using (var server = await TestServer.StartAsync(dataFolder: folder.FullName))
            {
                await server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>(Path), d => d.Status == "ACTIVE");
                Assert.Equal(process, (await ReplicaAsync(server)).Pid);
                var draft = await server.Client.GetAsync<DraftInfo>($"{Path}/draft");
                Assert.Equal("[21,\"two\"]", await PredictAsync(server, draft.Name));
                await (await server.Client.PostJsonAsync($"{Path}/restart", "{}")).ShouldSucceedAsync();
                await server.UntilAsync(() => ReplicaAsync(server), r => r.State == "ready" && r.Pid != process);
                Assert.Equal("[21,\"two\"]", await PredictAsync(server, draft.Name));
                var waiting = Of("x + 30").Replace("print('loading now')", $"import os, time\n        while os.path.exists('{hold}'): time.sleep(0.05)", StringComparison.Ordinal);
                draft = await PatchedAsync(server, draft, Put("model/model.py", waiting));
                Assert.Equal("[31,\"two\"]", await PredictAsync(server, draft.Name));

                // Promoting freezes it: staging gets a version, and the draft begins anew from that. Who is cut off while the version becomes live says it again, and it is promoted, once.
                var last = (await RolloutAsync(server)).Id;
                await File.WriteAllTextAsync(hold, "");
                using (var cut = new CancellationTokenSource())
                {
                    var given = WithKeyAsync(server, "promote", cut.Token);
                    await server.UntilAsync(() => RolloutAsync(server), r => r.Id != last);
                    await cut.CancelAsync();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
                }

                var again = server.UntilAsync(() => WithKeyAsync(server, "promote"), a => !a.Text.Contains("idempotency_in_progress", StringComparison.Ordinal));
                File.Delete(hold);
                var answer = await again;
                Assert.True(answer.Status == HttpStatusCode.Accepted, answer.Text);
                Assert.Equal("staging", JsonSerializer.Deserialize(answer.Text, ContractsJson.Default.PromotedInfo)!.Environment);
                Assert.Equal(2, (await server.Client.GetAsync<Page<ModelVersionInfo>>("/api/v1/models/adder/versions")).Items.Count);
                var staging = await server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>("/api/v1/deployments/staging/adder"), d => d.Status == "ACTIVE");
                Assert.Equal(("standard", 2), (staging.Mode, staging.Live!.Variants[0].ModelVersion));
                Assert.Equal(draft.Hash, (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/adder/versions/2")).Digest);
                var after = await server.Client.GetAsync<DraftInfo>($"{Path}/draft");
                Assert.Equal((true, 2, draft.Hash), (after.IsFrozen, after.BaseVersion, after.Hash));
                var rollout = await RolloutAsync(server);
                Assert.Equal(("recreate", "SUCCEEDED"), (rollout.Strategy, rollout.Status));
                var findings = (await (await server.Client.PostAsync("/api/v1/system/verify", null)).ReadAsync<VerifyReport>()).Findings;
                Assert.DoesNotContain(findings, f => f.Kind != "orphan_blob");   // what patches replaced goes with the next sweep

                // History has the draft's names.
                var seen = await server.UntilAsync(
                    () => server.Client.GetAsync<Page<PredictionInfo>>("/api/v1/predictions?limit=50"), p => p.Items.Any(i => i.Variant == draft.Name));
                Assert.Contains(seen.Items, i => i.Variant.StartsWith("draft@", StringComparison.Ordinal) && i.Variant != draft.Name);
            }
        }
        finally
        {
            File.Delete(hold);
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_draft_at_zero_is_patched_for_the_next_start_a_watcher_wakes_it_and_what_cannot_be_leaves_nothing_behind()
    {
        await using var server = await TestServer.StartAsync();
        await LiveAsync(server);
        await (await server.Client.PostJsonAsync($"{Path}/scale", """{"replicas":0}""")).ShouldSucceedAsync();
        await server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>(Path), d => d.Status == "SCALED_TO_ZERO");
        var draft = await PatchedAsync(server, await server.Client.GetAsync<DraftInfo>($"{Path}/draft"), Put("model/model.py", Of("x + 5")));
        Assert.Equal("stored", draft.Outcome);
        var watched = await (await server.Client.PostJsonAsync($"{Path}/draft/watch", "{}")).ReadAsync<DraftInfo>();
        Assert.True(watched.Watched);
        await server.UntilAsync(() => server.Client.GetAsync<DraftInfo>($"{Path}/draft"), d => d.Outcome == "applied");
        Assert.Equal("[6,\"one\"]", await PredictAsync(server, draft.Name));

        // One that kills the process is not tried for ever, and what answered before answers again.
        var killed = await PatchedAsync(server, draft, Put("model/model.py", "import os\nos._exit(3)\n"));
        Assert.Equal(("failed", "crashed", draft.Name), (killed.Outcome, killed.Error?.Code, killed.Name));
        await server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>(Path), d => d.ReplicasReady == 1);
        Assert.Equal("[6,\"one\"]", await PredictAsync(server, draft.Name));
        draft = await PatchedAsync(server, killed, Put("model/model.py", Of("x + 6")));
        Assert.Equal("applied", draft.Outcome);

        // A refused freeze leaves no version.
        var stale = new HttpRequestMessage(HttpMethod.Post, $"{Path}/draft/freeze") { Content = new StringContent("{}", Encoding.UTF8, "application/json"), Headers = { { "If-Match", "\"0\"" } } };
        await (await server.Client.SendAsync(stale)).ShouldRefuseAsync(412, "stale_etag");
        await (await server.Client.PostJsonAsync($"{Path}/draft/freeze", $$"""{"revision_name":"{{new string('x', 500)}}"}""")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Single((await server.Client.GetAsync<Page<ModelVersionInfo>>("/api/v1/models/adder/versions")).Items);

        // Where what becomes live is approved, or is in a stage, nothing is patched into it.
        foreach (var rule in new[] { """{"protected":true,"approval":true,"reviewers":["test-manager"]}""", """{"approval":false,"reviewers":[],"requires_stage":"Staging"}""" })
        {
            await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/development", rule)).ShouldSucceedAsync();
            await (await SendAsync(server, draft.Hash, Put("model/model.py", Of("x + 7")))).ShouldRefuseAsync(409, "draft_gated");
            await (await server.Client.PostJsonAsync("/api/v1/deployments", """{"name":"other","model":"adder","version":"1","mode":"live"}""")).ShouldRefuseAsync(409, "draft_gated");
        }

        Assert.Equal("[7,\"one\"]", await PredictAsync(server, draft.Name));
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/development", """{"protected":false,"requires_stage":""}""")).ShouldSucceedAsync();

        // A freeze that was cut off after it made the version finds it when it is said again.
        await SqlAsync("CREATE TRIGGER cut BEFORE INSERT ON revisions BEGIN SELECT RAISE(ABORT, 'cut'); END");
        Assert.Equal(HttpStatusCode.InternalServerError, (await WithKeyAsync(server, "draft/freeze")).Status);
        await SqlAsync("DROP TRIGGER cut");
        Assert.Equal(HttpStatusCode.Accepted, (await WithKeyAsync(server, "draft/freeze")).Status);
        await server.UntilAsync(() => server.Client.GetAsync<DraftInfo>($"{Path}/draft"), d => d is { IsFrozen: true, BaseVersion: 2 });
        Assert.Equal(2, (await server.Client.GetAsync<Page<ModelVersionInfo>>("/api/v1/models/adder/versions")).Items.Count);
        await server.UntilAsync(() => RolloutAsync(server), r => r.FinishedAt is not null);
        await (await server.Client.DeleteAsync(Path)).ShouldSucceedAsync();
        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.False(await db.Set<PackageDraft>().AnyAsync() || await db.Set<LiveDraft>().AnyAsync());

        async Task SqlAsync(string sql)
        {
            await using var control = server.Services.GetRequiredService<Database>().Open();
            await control.Database.ExecuteSqlRawAsync(sql);
        }
    }

    private static async Task LiveAsync(TestServer server)
    {
        await server.Client.PushedAsync("adder", ("model/model.py", Of("x + 1")), ("packages/helper.py", "word = 'one'\n"));
        await (await server.Client.PostJsonAsync("/api/v1/deployments", """{"name":"adder","model":"adder","version":"1","memory_mib":256,"mode":"live"}""")).ShouldSucceedAsync();
        var live = await server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>(Path), d => d.Status == "ACTIVE");
        Assert.Equal(("live", 0, 1), (live.Mode, live.MinReplicas, live.MaxReplicas));
        Assert.Equal("[2,\"one\"]", await PredictAsync(server, "default"));
    }

    private static string Of(string result) => Model.Replace("{0}", result, StringComparison.Ordinal);

    private static DraftOperation Put(string path, string text) => new("put", path, Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));

    private static Task<HttpResponseMessage> SendAsync(TestServer server, string hash, params DraftOperation[] operations) => server.Client.PostJsonAsync(
        $"{Path}/draft/patches", JsonSerializer.Serialize(new PatchDraftRequest(hash, operations), ContractsJson.Default.PatchDraftRequest));

    private static async Task<DraftInfo> PatchedAsync(TestServer server, DraftInfo before, params DraftOperation[] operations)
    {
        var after = await (await SendAsync(server, before.Hash, operations)).ReadAsync<DraftInfo>();
        return after.Outcome != "pending" ? after : await server.UntilAsync(() => server.Client.GetAsync<DraftInfo>($"{Path}/draft"), d => d.Outcome != "pending");
    }

    /// <summary>An answer of this variant: the route table follows a patch by a moment.</summary>
    private static async Task<string> PredictAsync(TestServer server, string variant)
    {
        var answer = await server.UntilAsync(
            async () =>
            {
                using var response = await server.Client.PostAsync("/development/models/adder/invocations", new StringContent("1", Encoding.UTF8, "application/json"));
                return (response.StatusCode, Variant: response.Headers.GetValues("Slipway-Variant").Single(), Text: await response.Content.ReadAsStringAsync());
            },
            a => a.Variant == variant);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Text;
    }

    /// <summary>The same request each time, with one key.</summary>
    private static async Task<(HttpStatusCode Status, string Text)> WithKeyAsync(TestServer server, string verb, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Path}/{verb}") { Content = new StringContent("{}", Encoding.UTF8, "application/json"), Headers = { { "Idempotency-Key", verb } } };
        using var answer = await server.Client.SendAsync(request, cancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    private static async Task<RolloutInfo> RolloutAsync(TestServer server) => (await server.Client.GetAsync<Page<RolloutInfo>>($"{Path}/rollouts?limit=1")).Items[0];

    private static async Task<ReplicaInfo> ReplicaAsync(TestServer server) => (await server.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas")).Items[^1];
}
