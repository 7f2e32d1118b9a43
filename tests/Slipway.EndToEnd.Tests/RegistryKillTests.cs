using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>
/// The server is killed while clients log runs, make versions, move an alias, move stages, decide approvals and approve what somebody deletes, two at a time: at random moments, inside a commit, between a
/// commit and its answer, and inside the tick of a schedule. What it has acknowledged is there afterwards, what was not is sent again with its key and made once, and what must hold holds. <c>SLIPWAY_REGISTRY_KILLS</c> sets how often (100 is the full form); the seed is printed.
/// </summary>
public sealed class RegistryKillTests(ITestOutputHelper output)
{
    private static readonly string[] Places = ["writes.before_commit", "writes.after_commit", "idempotency.before_answer"];
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("SLIPWAY_REGISTRY_KILLS") ?? "2");

    [Fact]
    public Task What_the_registry_acknowledged_holds_on_sqlite() => KillAsync(null);

    [Fact]
    public async Task What_the_registry_acknowledged_holds_on_postgresql() => await KillAsync(await PostgreSqlServer.CreateEmptyDatabaseOrSkipAsync());

    private async Task KillAsync(string? postgreSql)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var slipway = await SlipwayProcess.StartAsync(postgreSql);
        var traffic = await RegistryTraffic.PrepareAsync(slipway, seed);
        var schedule = await OverdueSchedule.PrepareAsync(slipway, postgreSql);
        for (var kill = 0; kill < Kills; kill++)
        {
            // The first and each second one after it dies inside a commit, by itself.
            if (kill % 2 == 0)
            {
                await slipway.KillAsync();
                var place = Places[random.Next(Places.Length)];
                slipway.Variables["SLIPWAY_FAILPOINTS"] = $"{place}=kill@{(place == Places[2] ? random.Next(10, 100) : random.Next(60, 400))}";
                await slipway.UpAsync();
            }

            using var stop = new CancellationTokenSource();
            var playing = traffic.PlayAsync(slipway, stop.Token);
            if (kill % 2 == 0)
            {
                await slipway.EndedAsync(TimeSpan.FromSeconds(60));
            }
            else
            {
                await Eventually.TrueAsync(() => Task.FromResult(traffic.HasDoneSomethingOfEach), "something of each was done", TimeSpan.FromSeconds(60), () => $"{traffic}\n{slipway.Output}");
                await Task.Delay(random.Next(0, 1000));
                await slipway.KillAsync();
            }

            await stop.CancelAsync();
            try
            {
                await playing;
            }
            catch
            {
                output.WriteLine(slipway.Output);   // why it answered so
                throw;
            }

            slipway.Variables.Remove("SLIPWAY_FAILPOINTS");
            if (kill % 2 == 1)
            {
                await schedule.KillTickAsync(slipway);
            }

            await slipway.UpAsync();
            await traffic.CheckAsync(slipway);
            await schedule.CheckAsync(slipway);
        }

        output.WriteLine(traffic.ToString());
        Assert.True(Kills < 2 || traffic.HasDoneSomethingOfEach, $"Too little was done to say anything: {traffic}");
        await VerifyAsync(slipway);
    }

    /// <summary>Everything is whole. A file that was stored and not yet named by a row when the server died is left over; the sweep takes it when it is ten minutes old.</summary>
    private static async Task VerifyAsync(SlipwayProcess slipway)
    {
        var (_, output, error) = await slipway.RunAsync("verify");
        var findings = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => !l.Contains(" audit rows checked", StringComparison.Ordinal)).ToList();
        Assert.True(findings.TrueForAll(l => l.StartsWith("orphan_blob ", StringComparison.Ordinal)), $"{output}\n{error}");
        Assert.Contains(" audit rows checked", output + error, StringComparison.Ordinal);
    }
}
