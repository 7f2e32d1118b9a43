using System.Text;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>Two versions behind one address, as the sample has them: real replicas, the command line, the browser's and the SDK's API.</summary>
public sealed class RoutingTests
{
    [Fact]
    public async Task The_sample_routes_by_context_and_falls_back_when_a_variant_fails_or_its_replica_is_gone()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        var sample = Path.Combine(SlipwayProcess.SourceRoot, "samples/routing");
        foreach (var version in new[] { "plain", "norwegian" })
        {
            await DoneAsync(slipway, "versions", "create", "greeting", Path.Combine(sample, version));
        }

        await DoneAsync(slipway, "deployments", "create", "-f", Path.Combine(sample, "deployment.yaml"));
        await DoneAsync(slipway, "rollouts", "watch", "development/greeting");

        // 1. The context picks: from the header, and by pointer from the body.
        Assert.Equal(("Hello, Ada!", "plain", "default_matched; row=0", ""), await AskAsync(slipway, """{"name":"Ada"}"""));
        Assert.Equal(("Hei, Ada!", "norwegian", "matched; row=1", ""), await AskAsync(slipway, """{"name":"Ada"}""", """{"country":"NO"}"""));
        Assert.Equal(("Hei, Ada!", "norwegian", "matched; row=1", ""), await AskAsync(slipway, """{"name":"Ada","country":"SJ"}"""));
        Assert.Contains("Hei, Bo!", await DoneAsync(slipway, "predict", "greeting", "--data", """{"name":"Bo"}""", "--context", """{"country":"NO"}"""), StringComparison.Ordinal);

        // 2. The fallback answers what the model raises on.
        Assert.Equal(("Hello,  !", "plain", "matched; row=1", "norwegian"), await AskAsync(slipway, """{"name":" "}""", """{"country":"NO"}"""));

        // 3. The simulator says why.
        var simulated = await DoneAsync(slipway, "deployments", "simulate", "greeting", "--context", """{"country":"SE"}""");
        Assert.Contains("No row matches: the default variant plain answers.", simulated, StringComparison.Ordinal);
        Assert.Contains("country is \"SE\"; wanted: is one of \"NO\", \"SJ\"", simulated, StringComparison.Ordinal);
        Assert.Contains("Hei, Bo!", await DoneAsync(slipway, "deployments", "simulate", "greeting", "--context", """{"country":"NO"}""", "--data", """{"name":"Bo"}""", "--execute"), StringComparison.Ordinal);

        // 4. The replica of one variant is killed again and again: its requests go to the fallback, and nobody else notices.
        var fellBack = false;
        var until = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!fellBack && DateTimeOffset.UtcNow < until)
        {
            await KillAsync(slipway, "norwegian");
            var (greeting, variant, _, from) = await AskAsync(slipway, """{"name":"Ada"}""", """{"country":"NO"}""");
            Assert.Equal(variant == "plain" ? "Hello, Ada!" : "Hei, Ada!", greeting);
            fellBack = from == "norwegian";
            Assert.Equal("plain", (await AskAsync(slipway, """{"name":"Ada"}""")).Variant);
        }

        Assert.True(fellBack, "No request fell back while the replica was gone.");

        // 5. History knows all of it.
        await Eventually.TrueAsync(
            async () => (await slipway.GetAsync("/api/v1/predictions?deployment=greeting&fallback=true")).GetProperty("items").GetArrayLength() >= 2, "the fallbacks are in history");
        Assert.NotEqual(0, (await slipway.GetAsync("/api/v1/predictions?deployment=greeting&variant=norwegian&routing=matched")).GetProperty("items").GetArrayLength());
        Assert.Equal(1, (await slipway.GetAsync("/api/v1/predictions?deployment=greeting&origin=simulator")).GetProperty("items").GetArrayLength());

        // 6. One version needs no file; settings change in place; labels and status find it.
        var made = await DoneAsync(
            slipway, "deployments", "create", "single", "--model", "greeting", "--version", "2", "--memory", "128", "--labels", """{"team":"growth"}""", "--variable", "MODE=fast", "--wait");
        Assert.Contains("Live: ", made, StringComparison.Ordinal);
        Assert.Equal("MODE=fast", (await DoneAsync(slipway, "variables", "list", "single")).Trim());
        Assert.Contains("canary", await DoneAsync(slipway, "deployments", "edit", "single", "--strategy", "canary", "--timeout-seconds", "5"), StringComparison.Ordinal);
        Assert.Equal(5, (await slipway.GetAsync("/api/v1/deployments/development/single")).GetProperty("timeout_seconds").GetDouble());
        var found = await DoneAsync(slipway, "deployments", "list", "--label", "team:growth", "--status", "ACTIVE");
        Assert.Contains("single", found, StringComparison.Ordinal);
        Assert.DoesNotContain("plain", found, StringComparison.Ordinal);
        Assert.Equal(2, (await slipway.RunAsync("deployments", "create", "single")).ExitCode);
        Assert.Equal(2, (await slipway.RunAsync("deployments", "create", "-f", Path.Combine(sample, "deployment.yaml"), "--version", "2")).ExitCode);
        Assert.Equal(2, (await slipway.RunAsync("deployments", "edit", "single")).ExitCode);
    }

    private static async Task<string> DoneAsync(SlipwayProcess slipway, params string[] arguments)
    {
        var (exit, output, error) = await slipway.RunAsync(arguments);
        Assert.True(exit == 0, $"{string.Join(' ', arguments)}: {exit}\n{output}\n{error}");
        return output;
    }

    private static async Task<(string Greeting, string Variant, string Routing, string From)> AskAsync(SlipwayProcess slipway, string body, string? context = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/development/models/greeting") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (context is not null)
        {
            request.Headers.TryAddWithoutValidation("Slipway-Context", context);
        }

        using var response = await slipway.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        string Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : "";
        return (JsonDocument.Parse(text).RootElement.GetProperty("result").GetProperty("greeting").GetString()!, Header("Slipway-Variant"), Header("Slipway-Routing"), Header("Slipway-Fallback-From"));
    }

    /// <summary>Kills the processes of one variant, where there are any.</summary>
    private static async Task KillAsync(SlipwayProcess slipway, string variant)
    {
        var live = (await slipway.GetAsync("/api/v1/deployments/development/greeting")).GetProperty("live");
        var set = live.GetProperty("variants").EnumerateArray().Single(v => v.GetProperty("name").GetString() == variant).GetProperty("replica_set").GetString();
        foreach (var replica in (await slipway.GetAsync("/api/v1/deployments/development/greeting/replicas")).GetProperty("items").EnumerateArray())
        {
            if (replica.GetProperty("replica_set").GetString() == set && replica.GetProperty("pid").ValueKind == JsonValueKind.Number)
            {
                try
                {
                    using var process = System.Diagnostics.Process.GetProcessById(replica.GetProperty("pid").GetInt32());
                    process.Kill();
                    await process.WaitForExitAsync();
                }
                catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
                {
                    // It is gone already.
                }
            }
        }
    }
}
