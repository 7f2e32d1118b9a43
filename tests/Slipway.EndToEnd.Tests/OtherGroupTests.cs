namespace Slipway.EndToEnd.Tests;

public sealed class OtherGroupTests
{
    [Fact]
    public async Task After_a_kill_and_a_start_in_another_control_group_an_end_for_want_of_memory_is_still_known_and_the_old_group_goes()
    {
        using var first = MemoryGroup.MakeOrSkip();
        using var second = MemoryGroup.MakeOrSkip();
        await using var slipway = SlipwayProcess.Prepare();
        slipway.Group = first.Folder;
        await slipway.UpAsync();
        var files = Packages.Code("""
            class Model:
                def predict(self, inputs):
                    self.kept = b"x" * (inputs["mib"] << 20)
                    return "kept"
            """);
        files["config.yaml"] = "resources: {memory: 256Mi}\n";
        await slipway.PushAsync("greedy", files);
        var (id, pid, limit) = await ReplicaAsync(slipway);
        Assert.SkipUnless(limit == "enforced", "This machine does not enforce memory.");
        Assert.Equal([id], first.Replicas());

        await slipway.KillAsync();
        slipway.Group = second.Folder;
        await slipway.UpAsync();
        await Eventually.TrueAsync(async () => (await slipway.ReadyPidsAsync("development", "greedy")).SequenceEqual([pid]), "the same process is taken over");
        Assert.Equal((id, pid, "enforced"), await ReplicaAsync(slipway));

        // Any other refusal, such as one before the gateway has its connection again, would leave the replica as it is.
        var body = "";
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await slipway.PredictAsync("development", "greedy", """{"mib": 400}""");
                body = await answer.Content.ReadAsStringAsync();
                Assert.False(answer.IsSuccessStatusCode, body);
                return body.Contains("replica_lost", StringComparison.Ordinal);
            },
            "a request meets the limit", null, () => body);
        await Eventually.TrueAsync(
            async () => (await slipway.GetAsync("/api/v1/deployments/development/greedy/replicas")).GetProperty("items").EnumerateArray()
                .Any(r => r.GetProperty("last_exit").GetString() == "memory_limit"),
            "the replica ended because of its memory limit", null, () => $"{body}\n{slipway.Output}");
        Assert.Empty(first.Replicas());
        await Eventually.TrueAsync(async () => (await slipway.ReadyPidsAsync("development", "greedy")) is [var next] && next != pid, "it starts again");
        Assert.Equal([id], second.Replicas());
    }

    private static async Task<(string Id, int Pid, string? Limit)> ReplicaAsync(SlipwayProcess slipway)
    {
        var replica = (await slipway.GetAsync("/api/v1/deployments/development/greedy/replicas")).GetProperty("items").EnumerateArray().Single();
        return (Guid.Parse(replica.GetProperty("id").GetString()!).ToString("n"), replica.GetProperty("pid").GetInt32(), replica.GetProperty("limits").GetProperty("memory").GetString());
    }
}
