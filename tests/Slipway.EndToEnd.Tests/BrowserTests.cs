using Microsoft.Playwright;

namespace Slipway.EndToEnd.Tests;

/// <summary>The pages in a real browser against the real program.</summary>
public sealed class BrowserTests
{
    private const string Chromium = "/usr/bin/chromium";

    [Fact]
    public async Task A_person_signs_in_once_sees_the_board_executes_and_finds_the_prediction_and_its_log_line()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not installed");
        await using var slipway = await SlipwayProcess.StartAsync(null, "--demo");
        await Eventually.TrueAsync(() => Task.FromResult(slipway.Output.Contains("-d '", StringComparison.Ordinal)), "the demo is live", TimeSpan.FromMinutes(1));
        await slipway.PushAsync("talker", Packages.Code("""
            class Model:
                def predict(self, inputs):
                    print("somebody asked about", inputs["topic"])
                    return {"answer": 42}
            """));
        var link = slipway.Output.Split('\n').First(l => l.Contains("Sign in, once", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu"] });
        var page = await browser.NewPageAsync();
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);

        await page.GotoAsync(link);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "sentiment" }).First);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "talker" }).First);
        foreach (var column in new[] { "development", "staging", "production" })
        {
            await Expect(page.GetByText(column, new() { Exact = false }).First);
        }

        await page.GotoAsync($"{slipway.Address}ui/deployments/development/talker/execute");
        await page.Locator(".cm-content").First.ClickAsync();
        await page.Keyboard.PressAsync("ControlOrMeta+a");
        await page.Keyboard.InsertTextAsync("{\"topic\": \"whales\"}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Execute" }).ClickAsync();
        await Expect(page.GetByText("42").First);

        await page.GotoAsync($"{slipway.Address}ui/deployments/development/talker/history");
        await Expect(page.GetByText("200").First);

        await page.GotoAsync($"{slipway.Address}ui/deployments/development/talker/logs");
        await Expect(page.GetByText("somebody asked about whales").First);

        // The link works once.
        await using var another = await browser.NewContextAsync();
        var second = await another.NewPageAsync();
        await second.GotoAsync(link);
        await Expect(second.GetByText("slipway users link", new() { Exact = false }).First);
        Assert.Empty(errors);
    }

    private static Task Expect(ILocator locator) => Assertions.Expect(locator).ToBeVisibleAsync(new() { Timeout = 20_000 });
}
