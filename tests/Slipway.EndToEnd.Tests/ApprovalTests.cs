using System.Net.Http.Json;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>A protected stage with real programs: the command line asks, a reviewer approves, and a server that is killed in between makes the change exactly once.</summary>
public sealed class ApprovalTests
{
    [Theory]
    [InlineData("approvals.decided")]        // the decision is stored and nobody has begun with the change
    [InlineData("approvals.in_apply")]       // the change is written and not committed
    [InlineData("approvals.applied")]        // the change is committed and nobody knows
    public async Task A_server_that_is_killed_between_decision_and_change_makes_it_once(string point)
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        var rev = await GivenProtectedAsync(slipway);
        var asked = await slipway.RunAsync("versions", "transition", "echo", "1", "Production", "--note", "first");
        Assert.Equal(10, asked.ExitCode);   // asked, not done
        var id = asked.Out.Trim();

        // 1. It dies there, while the reviewer waits for an answer.
        await slipway.KillAsync();
        slipway.Variables["SLIPWAY_FAILPOINTS"] = $"{point}=kill@1";
        await slipway.UpAsync();
        using (var client = Client(slipway, rev))
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.PostAsJsonAsync($"/api/v1/approvals/{id}/approve", new { comment = "good" }));
        }

        await slipway.EndedAsync(TimeSpan.FromSeconds(60));

        // 2. Without the fault the decision still stands, and the change is made without anybody asking.
        slipway.Variables.Remove("SLIPWAY_FAILPOINTS");
        await slipway.UpAsync();
        await Eventually.TrueAsync(
            async () => (await slipway.GetAsync($"/api/v1/approvals/{id}")).GetProperty("approval").GetProperty("applied_at").ValueKind != JsonValueKind.Null, "the approved change is made");
        var entry = Assert.Single((await slipway.GetAsync("/api/v1/models/echo/transitions")).GetProperty("items").EnumerateArray());
        Assert.Equal(("Production", "admin", "rev", id), (Text(entry, "to"), Text(entry, "by"), Text(entry, "approved_by"), Text(entry, "approval_id")));
        Assert.Single((await slipway.GetAsync("/api/v1/audit?action=approval.approved")).GetProperty("items").EnumerateArray());
        Assert.Single((await slipway.GetAsync("/api/v1/audit?action=version.transitioned")).GetProperty("items").EnumerateArray());
        await slipway.MustAsync("verify");

        // 3. The decision is final, also now.
        using var again = Client(slipway, rev);
        using var second = await again.PostAsJsonAsync($"/api/v1/approvals/{id}/reject", new { comment = "no" });
        Assert.Equal(409, (int)second.StatusCode);
    }

    [Fact]
    public async Task The_command_line_and_the_Python_client_ask_where_a_stage_is_protected()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await GivenProtectedAsync(slipway);
        Assert.Equal(10, (await slipway.RunAsync("versions", "transition", "echo", "1", "Production")).ExitCode);
        Assert.Contains("pending", await slipway.MustAsync("approvals", "list", "--output", "json"), StringComparison.Ordinal);

        const string script = """
            import sys
            sys.path.insert(0, sys.argv[1])
            import slipway
            client = slipway.MLOpsClient(sys.argv[3], base_url=sys.argv[2])
            try:
                client.transition_model_version_stage("echo", 1, "Production")
                print("open")
            except slipway.ApprovalRequiredError as asked:
                print(asked.approval.state, asked.approval.reviewers, client.get_model_version("echo", 1).stage)
            """;
        var key = slipway.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        using var python = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("python3")
        {
            UseShellExecute = false, RedirectStandardOutput = true, ArgumentList = { "-c", script, Path.Combine(SlipwayProcess.SourceRoot, "sdk/python"), slipway.Address.ToString(), key },
        })!;
        Assert.Equal("pending ('rev',) None", (await python.StandardOutput.ReadToEndAsync()).Trim());
        await python.WaitForExitAsync();
        Assert.Equal("None", Text(await slipway.GetAsync("/api/v1/models/echo/versions/1"), "stage"));
    }

    /// <returns>A key of the reviewer.</returns>
    private static async Task<string> GivenProtectedAsync(SlipwayProcess slipway)
    {
        await slipway.MustAsync("versions", "create", "echo", slipway.WritePackage("echo", Packages.Echo("first")));
        await slipway.MustAsync("users", "create", "rev", "--role", "viewer");
        await slipway.MustAsync("protections", "set", "Production", "--model", "echo", "--reviewers", "rev");
        var made = JsonElement.Parse(await slipway.MustAsync("keys", "create", "review", "--user", "rev", "--output", "json"));
        return Text(made, "key")!;
    }

    private static HttpClient Client(SlipwayProcess slipway, string key)
    {
        var client = new HttpClient { BaseAddress = slipway.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
