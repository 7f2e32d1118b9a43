using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>What clients of the registry do while a server is killed, and what they know afterwards. Each actor does one thing after the other, so it knows what was in the air.</summary>
internal sealed partial class RegistryTraffic
{
    private readonly Random random;
    private readonly string[] reviewers;
    private readonly string source;

    /// <summary>Creating requests whose answer was not read, by their idempotency key: they are sent again before anything else.</summary>
    private readonly ConcurrentDictionary<string, (string Path, object Body)> unanswered = new();

    /// <summary>Runs by id: the last step whose values were acknowledged, and whether their end was.</summary>
    private readonly ConcurrentDictionary<string, (long Step, bool Finished)> runs = new();

    /// <summary>Versions of <c>raced</c> by number: SHA-256 of their file.</summary>
    private readonly ConcurrentDictionary<int, string> versions = new();

    /// <summary>Decisions by approval: the state that was acknowledged.</summary>
    private readonly ConcurrentDictionary<string, string> decisions = new();

    /// <summary>Where the alias may point, for each of the two who move it: the last acknowledged version, and the one that was asked for since.</summary>
    private readonly (int Acknowledged, int Asked)[] alias = [(1, 1), (1, 1)];
    private int aliasMoves;

    /// <summary>Versions of <c>doomed</c> that somebody approves while somebody deletes them: the request, and what was acknowledged of both.</summary>
    private readonly ConcurrentDictionary<int, (string Approval, bool Approved, bool Deleted)> doomed = new();
    private int repeated;

    /// <summary>Sequences of acknowledged transitions of <c>staged</c>.</summary>
    private readonly ConcurrentBag<long> transitions = [];

    private RegistryTraffic(int seed, string[] reviewers, string source) => (random, this.reviewers, this.source) = (new Random(seed), reviewers, source);

    /// <summary>Models with three versions each, one of them protected, and a run whose files become versions.</summary>
    public static async Task<RegistryTraffic> PrepareAsync(SlipwayProcess slipway, int seed)
    {
        foreach (var model in new[] { "raced", "aliased", "staged", "guarded", "doomed" })
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
        var keys = new List<string>();
        foreach (var reviewer in new[] { "rev", "boss" })
        {
            await slipway.MustAsync("users", "create", reviewer, "--role", "viewer");
            keys.Add(Text(JsonElement.Parse(await slipway.MustAsync("keys", "create", "review", "--user", reviewer, "--output", "json")), "key"));
        }

        await slipway.MustAsync("protections", "set", "Production", "--model", "guarded", "--reviewers", "rev,boss");
        await slipway.MustAsync("protections", "set", "Production", "--model", "doomed", "--reviewers", "rev,boss");
        return new RegistryTraffic(seed, [.. keys], trained);
    }

    /// <summary>All actors, until they are told to stop or the server is gone. Two each do what must not be done twice.</summary>
    public async Task PlayAsync(SlipwayProcess slipway, CancellationToken cancellationToken)
    {
        var client = slipway.Client;
        using HttpClient rev = Reviewer(slipway.Address, 0), boss = Reviewer(slipway.Address, 1);
        await UntilGoneAsync(() => RepeatAsync(client, cancellationToken), cancellationToken, once: true);
        Func<Task>[] actors =
        [
            () => LogRunAsync(client, cancellationToken), () => LogRunAsync(client, cancellationToken), () => MakeVersionAsync(client, 1, cancellationToken), () => MakeVersionAsync(client, 2, cancellationToken),
            () => MoveAliasAsync(client, 0, cancellationToken), () => MoveAliasAsync(client, 1, cancellationToken), () => MoveStageAsync(client, cancellationToken), () => MoveStageAsync(client, cancellationToken),
            () => DecideAsync(client, rev, cancellationToken), () => DecideAsync(client, boss, cancellationToken), () => DoomAsync(client, rev, cancellationToken),
        ];
        await Task.WhenAll(actors.Select(act => UntilGoneAsync(act, cancellationToken)));
    }

    private async Task LogRunAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var id = Text(await CreateOnceAsync(client, "/api/v1/runs", new { experiment = "kills", name = $"{Guid.NewGuid()}" }, cancellationToken), "id");
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
        var made = await CreateOnceAsync(
            client, "/api/v1/models/raced/versions", new { source_run_id = source, artifact_path = $"{actor}/model.bin", description = content }, cancellationToken);
        Assert.True(versions.TryAdd(made.GetProperty("version").GetInt32(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))), $"v{made.GetProperty("version")} was given twice.");
    }

    private async Task MoveAliasAsync(HttpClient client, int actor, CancellationToken cancellationToken)
    {
        var next = actor == 0 ? (alias[0].Acknowledged % 3) + 1 : Choose(1, 4);
        alias[actor] = (alias[actor].Acknowledged, next);
        await SendAsync(client, HttpMethod.Put, "/api/v1/models/aliased/aliases/champion", new { version = $"{next}" }, cancellationToken);
        alias[actor] = (next, next);
        Interlocked.Increment(ref aliasMoves);
    }

    private async Task MoveStageAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var change = await PostAsync(client, $"/api/v1/models/staged/versions/{Choose(1, 4)}/stage", new { stage = "Production" }, cancellationToken);
        foreach (var entry in change.GetProperty("transitions").EnumerateArray())
        {
            transitions.Add(entry.GetProperty("sequence").GetInt64());
        }
    }

    private async Task DecideAsync(HttpClient client, HttpClient reviewer, CancellationToken cancellationToken)
    {
        var (version, approve) = (Choose(1, 4), Choose(0, 3) > 0);
        await TryAsync(client, HttpMethod.Post, $"/api/v1/models/guarded/versions/{version}/stage", new { stage = "Production" }, cancellationToken);
        foreach (var pending in (await SendAsync(reviewer, HttpMethod.Get, "/api/v1/approvals?state=pending", null, cancellationToken)).GetProperty("items").EnumerateArray()
                     .Where(a => Text(a, "resource").StartsWith("models/guarded/", StringComparison.Ordinal)))
        {
            var id = Text(pending, "id");
            if (await TryAsync(reviewer, HttpMethod.Post, $"/api/v1/approvals/{id}/{(approve ? "approve" : "reject")}", new { comment = "seen" }, cancellationToken))
            {
                Assert.True(decisions.TryAdd(id, approve ? "approved" : "rejected"), $"Two were told that they have decided {id}.");
            }
        }
    }

    /// <summary>A version that is approved and deleted at the same moment.</summary>
    private async Task DoomAsync(HttpClient client, HttpClient reviewer, CancellationToken cancellationToken)
    {
        var made = await CreateOnceAsync(
            client, "/api/v1/models/doomed/versions", new { source_run_id = source, artifact_path = "model.bin", description = $"{Guid.NewGuid()}" }, cancellationToken);
        var number = made.GetProperty("version").GetInt32();
        var asked = Text(await PostAsync(client, $"/api/v1/models/doomed/versions/{number}/stage", new { stage = "Production" }, cancellationToken), "id");
        doomed[number] = (asked, false, false);
        await Task.WhenAll(
            TellAsync(TryAsync(reviewer, HttpMethod.Post, $"/api/v1/approvals/{asked}/approve", new { comment = "go" }, cancellationToken), approved: true),
            TellAsync(TryAsync(client, HttpMethod.Delete, $"/api/v1/models/doomed/versions/{number}", null, cancellationToken), approved: false));

        async Task TellAsync(Task<bool> sending, bool approved)
        {
            if (await sending)
            {
                doomed.AddOrUpdate(number, _ => throw new InvalidOperationException(), (_, seen) => approved ? seen with { Approved = true } : seen with { Deleted = true });
            }
        }
    }

    /// <summary>A creating request that will be sent again with its key when its answer is not read.</summary>
    private async Task<JsonElement> CreateOnceAsync(HttpClient client, string path, object body, CancellationToken cancellationToken)
    {
        var key = $"{Guid.NewGuid()}";
        unanswered[key] = (path, body);
        return await CreateOnceAsync(client, key, cancellationToken);
    }

    private async Task<JsonElement> CreateOnceAsync(HttpClient client, string key, CancellationToken cancellationToken)
    {
        var answer = await PostAsync(client, unanswered[key].Path, unanswered[key].Body, cancellationToken, key: key);
        unanswered.TryRemove(key, out _);
        return answer;
    }

    private async Task RepeatAsync(HttpClient client, CancellationToken cancellationToken)
    {
        foreach (var key in unanswered.Keys)
        {
            await CreateOnceAsync(client, key, cancellationToken);
            repeated++;
        }
    }

    private HttpClient Reviewer(Uri address, int which)
    {
        var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", reviewers[which]);
        return client;
    }

    private int Choose(int from, int to)
    {
        lock (random)
        {
            return random.Next(from, to);
        }
    }

    private static async Task UntilGoneAsync(Func<Task> act, CancellationToken cancellationToken, bool once = false)
    {
        try
        {
            do
            {
                await act();
            }
            while (!once && !cancellationToken.IsCancellationRequested);
        }
        catch (Exception exception) when (exception is HttpRequestException { StatusCode: null } or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The server is gone.
        }
    }

    private static Task<JsonElement> PostAsync(HttpClient client, string path, object body, CancellationToken cancellationToken, string? key = null) =>
        SendAsync(client, HttpMethod.Post, path, body, cancellationToken, key);

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, object? body, CancellationToken cancellationToken, string? key = null)
    {
        var (status, text) = await AskAsync(client, method, path, body, cancellationToken, key);
        Assert.True(status is >= 200 and < 300, $"{method} {path}: {status} {text}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    /// <returns>Whether it was done; somebody else may have been faster.</returns>
    private static async Task<bool> TryAsync(HttpClient client, HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        var (status, text) = await AskAsync(client, method, path, body, cancellationToken, null);
        Assert.True(status is (>= 200 and < 300) or 409, $"{method} {path}: {status} {text}");
        return status != 409;
    }

    private static async Task<(int Status, string Text)> AskAsync(HttpClient client, HttpMethod method, string path, object? body, CancellationToken cancellationToken, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        }

        using var response = await client.SendAsync(request, cancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static async Task<List<JsonElement>> AllAsync(SlipwayProcess slipway, string path)
    {
        var items = new List<JsonElement>();
        for (string? token = ""; token is not null;)
        {
            var page = await slipway.GetAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=500{(token.Length == 0 ? "" : $"&page_token={Uri.EscapeDataString(token)}")}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            token = page.GetProperty("next_page_token").GetString();
        }

        return items;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
