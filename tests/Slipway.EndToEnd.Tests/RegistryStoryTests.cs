using System.Text.Json;
using Microsoft.Playwright;

namespace Slipway.EndToEnd.Tests;

/// <summary>From a script that is typed into a page to a prediction, in the browser alone.</summary>
public sealed class RegistryStoryTests
{
    private const string Chromium = "/usr/bin/chromium";

    private const string Script = """
        from slipway import MLOpsClient
        open("model.py", "w").write("def predict(inputs): return {'answer': 42}")
        with MLOpsClient().start_run() as run: run.log_metrics({"accuracy": 0.91}); run.log_artifact("model.py")
        """;

    [Fact]
    public async Task A_typed_script_trains_is_registered_approved_by_somebody_else_deployed_and_answers()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not installed");
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.MustAsync("users", "create", "mia", "--role", "administrator");
        await slipway.MustAsync("users", "create", "rev", "--role", "viewer");
        await slipway.MustAsync("protections", "set", "Production", "--reviewers", "rev");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu"] });
        var errors = new List<string>();

        // 1. mia types a script into a schedule, and runs it now.
        var mia = await SignedInAsync(slipway, browser, "mia", errors);
        await mia.GotoAsync($"{slipway.Address}ui/schedules");
        await mia.GetByRole(AriaRole.Button, new() { Name = "New schedule" }).First.ClickAsync();
        await mia.GetByLabel("Name").First.FillAsync("nightly");
        await mia.GetByLabel("Experiment").FillAsync("answers");
        await mia.GetByLabel("When (cron)").FillAsync("30 2 * * *");
        await mia.GetByRole(AriaRole.Textbox, new() { Name = "Script" }).ClickAsync();
        await mia.Keyboard.PressAsync("ControlOrMeta+a");
        await mia.Keyboard.InsertTextAsync(Script);
        await mia.GetByRole(AriaRole.Button, new() { Name = "Create schedule" }).ClickAsync();
        await mia.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();

        // 2. The run that it made becomes a version, which is to go to Production.
        await mia.Locator("a[href*='/ui/runs/']").First.ClickAsync(new() { Timeout = 60_000 });
        await Expect(mia.GetByText("Completed").First);
        await mia.GetByRole(AriaRole.Button, new() { Name = "Register to Model Registry" }).ClickAsync();
        await mia.GetByRole(AriaRole.Combobox, new() { Name = "Model" }).FillAsync("answers");
        await mia.GetByRole(AriaRole.Button, new() { Name = "Register", Exact = true }).ClickAsync();
        await mia.GetByRole(AriaRole.Button, new() { Name = "Change stage" }).ClickAsync();
        var dialog = mia.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "New stage" }).ClickAsync();
        await mia.GetByRole(AriaRole.Option, new() { Name = "Production" }).ClickAsync();
        await dialog.GetByLabel("Comment for the reviewers").FillAsync("it knows the answer");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Ask for approval" }).ClickAsync();

        // 3. rev, in a session of their own, finds what it came from, and approves.
        var rev = await SignedInAsync(slipway, browser, "rev", errors);
        await rev.GotoAsync($"{slipway.Address}ui/approvals");
        await Expect(rev.GetByText("it knows the answer").First);
        await rev.GetByRole(AriaRole.Link, new() { Name = "Review" }).First.ClickAsync();
        await Expect(rev.GetByRole(AriaRole.Row, new() { Name = "Source run" }).GetByRole(AriaRole.Link));
        await Expect(rev.GetByText("No deployment runs any of these."));
        await Expect(rev.GetByRole(AriaRole.Group, new() { Name = "Lineage, from left to right" }).GetByRole(AriaRole.Link, new() { Name = "answers", Exact = true }));
        await rev.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();

        // 4. mia's page learns of it by itself; what is deployed from there answers.
        await Expect(mia.GetByRole(AriaRole.Heading).GetByText("Production", new() { Exact = true }));
        await mia.GetByRole(AriaRole.Button, new() { Name = "Deploy", Exact = true }).ClickAsync();
        await mia.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Deploy", Exact = true }).ClickAsync();
        await mia.WaitForURLAsync("**/ui/deployments/production/answers/**");
        await mia.GetByRole(AriaRole.Link, new() { Name = "Execute", Exact = true }).ClickAsync();
        await Expect(mia.GetByText("Active", new() { Exact = true }).First);
        await mia.GetByRole(AriaRole.Button, new() { Name = "Execute", Exact = true }).ClickAsync();
        await Expect(mia.GetByText("42").First);
        Assert.Empty(errors);
    }

    private static async Task<IPage> SignedInAsync(SlipwayProcess slipway, IBrowser browser, string user, List<string> errors)
    {
        var link = JsonElement.Parse(await slipway.MustAsync("users", "link", user, "--output", "json")).GetProperty("url").GetString()!;
        var page = await (await browser.NewContextAsync()).NewPageAsync();
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(link);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Board" }));
        return page;
    }

    private static Task Expect(ILocator locator) => Assertions.Expect(locator).ToBeVisibleAsync(new() { Timeout = 60_000 });
}
