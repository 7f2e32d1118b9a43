using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;

namespace Slipway.EndToEnd.Tests;

/// <summary>A promotion to production that somebody else must agree to.</summary>
public sealed class GateStoryTests
{
    private const string Chromium = "/usr/bin/chromium";

    [Fact]
    public async Task A_manager_asks_in_one_browser_a_reviewer_approves_in_another_and_the_promotion_happens_by_itself()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not installed");
        await using var slipway = await SlipwayProcess.StartAsync();
        await GivenStagingAsync(slipway);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu"] });
        var errors = new List<string>();

        // 1. mia promotes from the card and is told that it waits.
        var mia = await SignedInAsync(slipway, browser, "mia", errors);
        await mia.GetByRole(AriaRole.Button, new() { Name = "Actions for echo in staging" }).ClickAsync();
        await mia.GetByRole(AriaRole.Menuitem, new() { Name = "Promote to production…" }).ClickAsync();
        await mia.GetByLabel("Comment for the reviewers").FillAsync("recall is better");
        await mia.GetByRole(AriaRole.Button, new() { Name = "Ask for approval" }).ClickAsync();
        await Expect(mia.GetByText("Promotion waits for approval"));

        // 2. rev finds the comment in the row, looks at it and approves.
        var rev = await SignedInAsync(slipway, browser, "rev", errors);
        await rev.GotoAsync($"{slipway.Address}ui/approvals");
        await Expect(rev.GetByText("recall is better").First);
        await rev.GetByRole(AriaRole.Link, new() { Name = "Review" }).First.ClickAsync();
        await Expect(rev.GetByRole(AriaRole.Table, new() { Name = "Revision" }));
        await rev.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();

        // 3. mia's board shows it in production without being told to look, and it answers.
        await Expect(mia.GetByRole(AriaRole.Listitem, new() { Name = "echo in production" }).GetByText("Active"));
        using var answer = await slipway.Client.PostAsJsonAsync("/production/models/echo/predict", new { a = 1 });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.Empty(errors);
    }

    [Fact]
    public async Task A_server_that_is_killed_while_it_makes_an_approved_promotion_makes_it_once()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await GivenStagingAsync(slipway);
        var key = JsonElement.Parse(await slipway.MustAsync("keys", "create", "review", "--user", "rev", "--output", "json")).GetProperty("key").GetString()!;
        var asked = await slipway.RunAsync("deployments", "promote", "staging/echo", "--comment", "now");
        Assert.Equal(10, asked.ExitCode);
        var id = asked.Out.Trim();

        await slipway.KillAsync();
        slipway.Variables["SLIPWAY_FAILPOINTS"] = "approvals.in_apply=kill@1";
        await slipway.UpAsync();
        using (var rev = new HttpClient { BaseAddress = slipway.Address })
        {
            rev.DefaultRequestHeaders.Authorization = new("Bearer", key);
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => rev.PostAsJsonAsync($"/api/v1/approvals/{id}/approve", new { comment = "good" }));
        }

        await slipway.EndedAsync(TimeSpan.FromSeconds(60));
        slipway.Variables.Remove("SLIPWAY_FAILPOINTS");
        await slipway.UpAsync();
        await Eventually.TrueAsync(
            async () => (await slipway.GetAsync($"/api/v1/approvals/{id}")).GetProperty("approval").GetProperty("applied_at").ValueKind != JsonValueKind.Null, "the approved change is made");
        var revision = Assert.Single((await slipway.GetAsync("/api/v1/deployments/production/echo/revisions")).GetProperty("items").EnumerateArray());
        Assert.Equal(id, revision.GetProperty("approval_id").GetString());
        Assert.Single((await slipway.GetAsync("/api/v1/deployments/staging/echo/promotions")).GetProperty("items").EnumerateArray());
        Assert.Single((await slipway.GetAsync("/api/v1/audit?action=deployment.promoted")).GetProperty("items").EnumerateArray());
        await slipway.MustAsync("verify");
    }

    private static async Task GivenStagingAsync(SlipwayProcess slipway)
    {
        await slipway.PushAsync("echo", Packages.Echo("first"), "--environment", "staging");
        await slipway.MustAsync("users", "create", "mia", "--role", "manager");
        await slipway.MustAsync("users", "create", "rev", "--role", "viewer");
        await slipway.MustAsync("environments", "update", "production", "--approval", "true", "--reviewers", "rev,mia");
    }

    private static async Task<IPage> SignedInAsync(SlipwayProcess slipway, IBrowser browser, string user, List<string> errors)
    {
        var link = JsonElement.Parse(await slipway.MustAsync("users", "link", user, "--output", "json")).GetProperty("url").GetString()!;
        var page = await (await browser.NewContextAsync()).NewPageAsync();
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(link);
        await Expect(page.GetByRole(AriaRole.Listitem, new() { Name = "echo in staging" }));
        return page;
    }

    private static Task Expect(ILocator locator) => Assertions.Expect(locator).ToBeVisibleAsync(new() { Timeout = 30_000 });
}
