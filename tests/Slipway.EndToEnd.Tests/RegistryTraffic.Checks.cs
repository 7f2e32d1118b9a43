using System.Security.Cryptography;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>What must hold after a kill, whatever was in the air.</summary>
internal sealed partial class RegistryTraffic
{
    private int doomedSeen;

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
        Assert.Contains(points, alias.SelectMany(a => new[] { a.Acknowledged, a.Asked }));
        alias[0] = alias[1] = (points, points);
        var moves = (await AllAsync(slipway, "/api/v1/models/aliased/alias-moves?alias=champion")).AsEnumerable().Reverse().Select(m => (From: Number(m, "from_version"), To: Number(m, "to_version"))).ToList();
        Assert.All(moves.Zip(moves.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.Equal(points, moves[^1].To);
        await CheckOnceAsync(slipway);
        await CheckLedgerAsync(slipway, "staged", transitions);
        await CheckLedgerAsync(slipway, "guarded", []);
        await CheckLedgerAsync(slipway, "doomed", []);
        await CheckDoomedAsync(slipway);
        await CheckDecisionsAsync(slipway);
    }

    public override string ToString() => $"{runs.Count} runs, {versions.Count} versions, {aliasMoves} moves of the alias, {transitions.Count} transitions, {decisions.Count} decisions, {doomedSeen} approved and deleted at once, {repeated} sent again";

    /// <summary>Without it nothing was tested.</summary>
    public bool HasDoneSomethingOfEach =>
        !runs.IsEmpty && !versions.IsEmpty && aliasMoves > 0 && !transitions.IsEmpty && !decisions.IsEmpty && doomed.Count + doomedSeen > 0;

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
            var approval = await SettledAsync(slipway, id);
            Assert.True(Text(approval, "state") == state || (state == "approved" && Text(approval, "state") == "closed"), $"{id} was {state} and is {Text(approval, "state")}.");
        }

        var made = (await AllAsync(slipway, "/api/v1/models/guarded/transitions")).Where(e => Text(e, "to") == "Production").Select(e => Text(e, "approval_id")).ToList();
        Assert.Equal(made.Count, made.Distinct().Count());
        foreach (var (id, state) in decisions.Where(d => d.Value == "rejected"))
        {
            Assert.DoesNotContain(id, made);
        }
    }

    /// <summary>What was sent again with its key was made once.</summary>
    private static async Task CheckOnceAsync(SlipwayProcess slipway)
    {
        foreach (var (path, name) in new[]
                 {
                     ("/api/v1/runs?experiment=kills", "name"), ("/api/v1/models/raced/versions", "description"), ("/api/v1/models/doomed/versions", "description"),
                 })
        {
            var twice = (await AllAsync(slipway, path)).Select(made => Text(made, name)).Where(text => text.Length == 36).GroupBy(text => text).Where(g => g.Count() > 1).Select(g => g.Key);
            Assert.Empty(twice);
        }
    }

    /// <summary>Each version either is gone, and nothing was made of its request, or is there with what was decided.</summary>
    private async Task CheckDoomedAsync(SlipwayProcess slipway)
    {
        var production = (await AllAsync(slipway, "/api/v1/models/doomed/transitions")).Where(e => Text(e, "to") == "Production").Select(e => Text(e, "approval_id")).ToList();
        foreach (var (number, known) in doomed)
        {
            var approval = await SettledAsync(slipway, known.Approval);
            using var found = await slipway.Client.GetAsync($"/api/v1/models/doomed/versions/{number}");
            var (there, state) = (found.IsSuccessStatusCode, Text(approval, "state"));
            Assert.False(there && known.Deleted, $"The deletion of doomed v{number} was acknowledged, and it is there.");
            Assert.True(there || (state == "closed" && approval.GetProperty("applied_at").ValueKind == JsonValueKind.Null), $"doomed v{number} is gone, and its request is {state}.");
            Assert.True(!there || !known.Approved || state == "approved", $"The approval of doomed v{number} was acknowledged, and it is {state}.");
            Assert.Equal(state == "approved" ? 1 : 0, production.Count(id => id == known.Approval));
        }

        doomedSeen += doomed.Count;
        doomed.Clear();
    }

    /// <summary>The request when what it allows is made, or closed.</summary>
    private static async Task<JsonElement> SettledAsync(SlipwayProcess slipway, string id)
    {
        var approval = default(JsonElement);
        await Eventually.TrueAsync(
            async () =>
            {
                approval = (await slipway.GetAsync($"/api/v1/approvals/{id}")).GetProperty("approval");
                return Text(approval, "state") != "approved" || approval.GetProperty("applied_at").ValueKind != JsonValueKind.Null;
            },
            $"what approval {id} allows is made");
        return approval;
    }

    private static int? Number(JsonElement element, string name) => element.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null;
}
