using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>What clients of the registry do while a server is killed, and what they know afterwards. Each actor does one thing after the other, so it knows what was in the air.</summary>
internal sealed class RegistryTraffic
{
    private readonly Random random;
    private readonly string reviewer;
    private readonly string source;

    /// <summary>Runs by id: the last step whose values were acknowledged, and whether their end was.</summary>
    private readonly ConcurrentDictionary<string, (long Step, bool Finished)> runs = new();

    /// <summary>Versions of <c>raced</c> by number: SHA-256 of their file.</summary>
    private readonly ConcurrentDictionary<int, string> versions = new();

    /// <summary>Decisions by approval: the state that was acknowledged.</summary>
    private readonly ConcurrentDictionary<string, string> decisions = new();

    /// <summary>Where the alias may point: the last acknowledged version, and the one that was asked for since.</summary>
    private (int Acknowledged, int Asked) alias = (1, 1);
    private int aliasMoves;

    /// <summary>Sequences of acknowledged transitions of <c>staged</c>.</summary>
    private readonly ConcurrentBag<long> transitions = [];

    private RegistryTraffic(int seed, string reviewer, string source) => (random, this.reviewer, this.source) = (new Random(seed), reviewer, source);

    /// <summary>Models with three versions each, one of them protected, and a run whose files become versions.</summary>
    public static async Task<RegistryTraffic> PrepareAsync(SlipwayProcess slipway, int seed)
    {
        foreach (var model in new[] { "raced", "aliased", "staged", "guarded" })
        {
            await PostAsync(slipway.Client, "/api/v1/models", new { name = model }, CancellationToken.None);
        }

        var trained = Text(await PostAsync(slipway.Client, "/api/v1/runs", new { experiment = "kills", create_experiment = true }, CancellationToken.None), "id");
        (await slipway.Client.PutAsync($"/api/v1/runs/{trained}/artifacts/model.bin", new ByteArrayContent("first"u8.ToArray()))).EnsureSuccessStatusCode();
        foreach (var model in new[] { "aliased", "staged", "guarded" })
        {
            for (var i = 0; i < 3; i++)
            {
                await PostAsync(slipway.Client, $"/api/v1/models/{model}/versions", new { source_run_id = trained, artifact_path = "model.bin" }, CancellationToken.None);
            }
        }

        await SendAsync(slipway.Client, HttpMethod.Put, "/api/v1/models/aliased/aliases/champion", new { version = "1" }, CancellationToken.None);
        await slipway.MustAsync("users", "create", "rev", "--role", "viewer");
        await slipway.MustAsync("protections", "set", "Production", "--model", "guarded", "--reviewers", "rev");
        return new RegistryTraffic(seed, Text(JsonElement.Parse(await slipway.MustAsync("keys", "create", "review", "--user", "rev", "--output", "json")), "key"), trained);
    }

    /// <summary>All actors, until they are told to stop or the server is gone.</summary>
    public Task PlayAsync(SlipwayProcess slipway, CancellationToken cancellationToken)
    {
        var client = slipway.Client;
        return Task.WhenAll(
            UntilGoneAsync(() => LogRunAsync(client, cancellationToken), cancellationToken), UntilGoneAsync(() => LogRunAsync(client, cancellationToken), cancellationToken),
            UntilGoneAsync(() => MakeVersionAsync(client, 1, cancellationToken), cancellationToken), UntilGoneAsync(() => MakeVersionAsync(client, 2, cancellationToken), cancellationToken),
            UntilGoneAsync(() => MoveAliasAsync(client, cancellationToken), cancellationToken), UntilGoneAsync(() => MoveStageAsync(client, cancellationToken), cancellationToken),
            UntilGoneAsync(() => DecideAsync(client, slipway.Address, cancellationToken), cancellationToken));
    }

    /// <summary>What was acknowledged is there, and what must hold holds.</summary>
    public async Task CheckAsync(SlipwayProcess slipway)
    {
        foreach (var (id, known) in runs)
        {
            var run = (await slipway.GetAsync($"/api/v1/runs/{id}")).GetProperty("run");
            Assert.Equal("0.1", run.GetProperty("parameters").GetProperty("lr").GetString());
            var step = known.Step < 0 ? -1 : run.GetProperty("metrics").GetProperty("m0").GetProperty("step").GetInt64();
            Assert.True(step >= known.Step, $"Run {id}: step {known.Step} was acknowledged, {step} is there.");
            Assert.True(!known.Finished || Text(run, "status") == "Completed", $"Run {id} was acknowledged as finished and is {Text(run, "status")}.");
            Assert.Equal(step + 1, known.Step < 0 ? 0 : (await slipway.GetAsync($"/api/v1/runs/{id}/series?key=m0")).GetProperty("items")[0].GetProperty("count").GetInt64());   // no step is missing, none twice
        }

        var there = new Dictionary<int, string>();
        foreach (var version in await AllAsync(slipway, "/api/v1/models/raced/versions"))
        {
            Assert.True(there.TryAdd(version.GetProperty("version").GetInt32(), Text(version.GetProperty("files")[0], "sha256")), "A number is there twice.");
        }

        foreach (var (number, sha256) in versions)
        {
            Assert.Equal(sha256, there.GetValueOrDefault(number));
        }

        foreach (var (number, sha256) in there.OrderByDescending(v => v.Key).Take(5))
        {
            var bytes = await slipway.Client.GetByteArrayAsync($"/api/v1/models/raced/versions/{number}/files/model.bin");
            Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)));
            versions[number] = sha256;   // what is there stays, acknowledged or not
        }

        var points = (await slipway.GetAsync("/api/v1/models/aliased/aliases/champion")).GetProperty("version").GetInt32();
        Assert.Contains(points, new[] { alias.Acknowledged, alias.Asked });
        alias = (points, points);
        await CheckLedgerAsync(slipway, "staged", transitions);
        await CheckLedgerAsync(slipway, "guarded", []);
        await CheckDecisionsAsync(slipway);
    }

    public override string ToString() => $"{runs.Count} runs, {versions.Count} versions, {aliasMoves} moves of the alias, {transitions.Count} transitions, {decisions.Count} decisions";

    public void ShouldHaveDoneSomethingOfEach() => Assert.True(
        !runs.IsEmpty && !versions.IsEmpty && aliasMoves > 0 && !transitions.IsEmpty && !decisions.IsEmpty, $"Too little was done to say anything: {this}");

    /// <summary>At most one version is in Production, each entry begins where the last one of its version ended, and the versions are where the ledger says.</summary>
    private static async Task CheckLedgerAsync(SlipwayProcess slipway, string model, IReadOnlyCollection<long> acknowledged)
    {
        var entries = (await AllAsync(slipway, $"/api/v1/models/{model}/transitions")).OrderBy(e => e.GetProperty("sequence").GetInt64()).ToList();
        Assert.Empty(acknowledged.Except(entries.Select(e => e.GetProperty("sequence").GetInt64())));
        var stages = new Dictionary<int, string>();
        foreach (var entry in entries)
        {
            var version = entry.GetProperty("version").GetInt32();
            Assert.Equal(stages.GetValueOrDefault(version, "None"), Text(entry, "from"));
            stages[version] = Text(entry, "to");
        }

        foreach (var version in await AllAsync(slipway, $"/api/v1/models/{model}/versions"))
        {
            Assert.Equal(stages.GetValueOrDefault(version.GetProperty("version").GetInt32(), "None"), Text(version, "stage"));
        }

        Assert.InRange(stages.Values.Count(s => s == "Production"), 0, 1);
    }

    /// <summary>A decision is final; what was approved is made once, or closed because it had become stale.</summary>
    private async Task CheckDecisionsAsync(SlipwayProcess slipway)
    {
        foreach (var (id, state) in decisions)
        {
            var approval = default(JsonElement);
            await Eventually.TrueAsync(
                async () =>
                {
                    approval = (await slipway.GetAsync($"/api/v1/approvals/{id}")).GetProperty("approval");
                    return Text(approval, "state") != "approved" || approval.GetProperty("applied_at").ValueKind != JsonValueKind.Null;
                },
                $"what approval {id} allows is made");
            Assert.True(Text(approval, "state") == state || (state == "approved" && Text(approval, "state") == "closed"), $"{id} was {state} and is {Text(approval, "state")}.");
        }

        var made = (await AllAsync(slipway, "/api/v1/models/guarded/transitions")).Where(e => Text(e, "to") == "Production").Select(e => Text(e, "approval_id")).ToList();
        Assert.Equal(made.Count, made.Distinct().Count());
        foreach (var (id, state) in decisions.Where(d => d.Value == "rejected"))
        {
            Assert.DoesNotContain(id, made);
        }
    }

    private async Task LogRunAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var id = Text(await PostAsync(client, "/api/v1/runs", new { experiment = "kills" }, cancellationToken), "id");
        await PostAsync(client, $"/api/v1/runs/{id}/log", new { parameters = new { lr = "0.1" } }, cancellationToken);
        runs[id] = (-1, false);
        for (var step = 0; step < 6; step++)
        {
            // Alone, and with many others: both ways of keeping values.
            var metrics = Enumerable.Range(0, step % 2 == 0 ? 1 : 20).Select(m => new { key = $"m{m}", value = step + (m / 100.0), step, timestamp = 1000 });
            await PostAsync(client, $"/api/v1/runs/{id}/log", new { metrics }, cancellationToken);
            runs[id] = (step, false);
        }

        await PostAsync(client, $"/api/v1/runs/{id}/finish", new { status = "Completed" }, cancellationToken);
        runs[id] = (5, true);
    }

    private async Task MakeVersionAsync(HttpClient client, int actor, CancellationToken cancellationToken)
    {
        var content = Guid.NewGuid().ToString();
        using var stored = await client.PutAsync($"/api/v1/runs/{source}/artifacts/{actor}/model.bin", new ByteArrayContent(Encoding.UTF8.GetBytes(content)), cancellationToken);
        stored.EnsureSuccessStatusCode();
        var made = await PostAsync(client, "/api/v1/models/raced/versions", new { source_run_id = source, artifact_path = $"{actor}/model.bin" }, cancellationToken);
        Assert.True(versions.TryAdd(made.GetProperty("version").GetInt32(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))), $"v{made.GetProperty("version")} was given twice.");
    }

    private async Task MoveAliasAsync(HttpClient client, CancellationToken cancellationToken)
    {
        alias = (alias.Acknowledged, (alias.Acknowledged % 3) + 1);
        await SendAsync(client, HttpMethod.Put, "/api/v1/models/aliased/aliases/champion", new { version = $"{alias.Asked}" }, cancellationToken);
        alias = (alias.Asked, alias.Asked);
        aliasMoves++;
    }

    private async Task MoveStageAsync(HttpClient client, CancellationToken cancellationToken)
    {
        int version;
        lock (random)
        {
            version = random.Next(1, 4);
        }

        var change = await PostAsync(client, $"/api/v1/models/staged/versions/{version}/stage", new { stage = "Production" }, cancellationToken);
        foreach (var entry in change.GetProperty("transitions").EnumerateArray())
        {
            transitions.Add(entry.GetProperty("sequence").GetInt64());
        }
    }

    private async Task DecideAsync(HttpClient client, Uri address, CancellationToken cancellationToken)
    {
        using var rev = new HttpClient { BaseAddress = address };
        rev.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", reviewer);
        var (version, approve) = (0, true);
        lock (random)
        {
            (version, approve) = (random.Next(1, 4), random.Next(3) > 0);
        }

        var asked = await PostAsync(client, $"/api/v1/models/guarded/versions/{version}/stage", new { stage = "Production" }, cancellationToken, mayConflict: true);
        foreach (var pending in (await SendAsync(rev, HttpMethod.Get, "/api/v1/approvals?state=pending", null, cancellationToken)).GetProperty("items").EnumerateArray())
        {
            var id = Text(pending, "id");
            var state = approve ? "approved" : "rejected";
            var decided = await PostAsync(rev, $"/api/v1/approvals/{id}/{(approve ? "approve" : "reject")}", new { comment = "seen" }, cancellationToken, mayConflict: true);
            if (decided.ValueKind != JsonValueKind.Undefined)
            {
                decisions[id] = state;
            }
        }
    }

    private static async Task UntilGoneAsync(Func<Task> act, CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await act();
            }
        }
        catch (Exception exception) when (exception is HttpRequestException { StatusCode: null } or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The server is gone.
        }
    }

    private static Task<JsonElement> PostAsync(HttpClient client, string path, object body, CancellationToken cancellationToken, bool mayConflict = false) =>
        SendAsync(client, HttpMethod.Post, path, body, cancellationToken, mayConflict);

    /// <returns>The answer; undefined where there is none, or a conflict that may be.</returns>
    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, object? body, CancellationToken cancellationToken, bool mayConflict = false)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        }

        using var response = await client.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (mayConflict && (int)response.StatusCode == 409)
        {
            return default;
        }

        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    private static async Task<List<JsonElement>> AllAsync(SlipwayProcess slipway, string path)
    {
        var items = new List<JsonElement>();
        for (string? token = ""; token is not null;)
        {
            var page = await slipway.GetAsync($"{path}?limit=500{(token.Length == 0 ? "" : $"&page_token={Uri.EscapeDataString(token)}")}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            token = page.GetProperty("next_page_token").GetString();
        }

        return items;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
