using System.Text.Json;
using Microsoft.Playwright;
using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>The pages in a real browser against the real program.</summary>
public sealed class BrowserTests
{
    private const string Chromium = "/usr/bin/chromium";

    [Fact]
    public async Task A_person_signs_in_once_sees_the_board_executes_and_finds_the_prediction_and_its_log_line()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not installed");
        await using var slipway = await SlipwayProcess.DemoAsync("-d '");
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
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = DemoOf(slipway) }).First);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "talker" }).First);
        foreach (var column in new[] { "development", "staging", "production" })
        {
            await Expect(page.GetByText(column, new() { Exact = false }).First);
        }

        await Contrast.ShouldBeGoodAsync(page);
        await MovesByPushAsync(page, slipway);

        await page.GotoAsync($"{slipway.Address}ui/deployments/development/talker/execute");
        await page.Locator(".cm-content").First.ClickAsync();
        await page.Keyboard.PressAsync("ControlOrMeta+a");
        await page.Keyboard.InsertTextAsync("{\"topic\": \"whales\"}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Execute" }).ClickAsync();
        await Expect(page.GetByText("42").First);
        await Contrast.ShouldBeGoodAsync(page);

        await page.GotoAsync($"{slipway.Address}ui/deployments/development/talker/history");
        await Expect(page.GetByText("200").First);
        await Contrast.ShouldBeGoodAsync(page);

        await page.GotoAsync($"{slipway.Address}ui/deployments/development/talker/logs");
        await Expect(page.GetByText("somebody asked about whales").First);
        await Contrast.ShouldBeGoodAsync(page);
        foreach (var (path, text) in new[] { ("deployments/development/talker/overview", "Endpoint"), ("models/talker", "talker"), ("admin/system", "SQLite") })
        {
            await page.GotoAsync($"{slipway.Address}ui/{path}");
            await Expect(page.GetByText(text, new() { Exact = false }).First);
            await Contrast.ShouldBeGoodAsync(page);
        }

        // The link works once.
        await using var another = await browser.NewContextAsync();
        var second = await another.NewPageAsync();
        await second.GotoAsync(link);
        await Expect(second.GetByText("slipway users link", new() { Exact = false }).First);
        Assert.Empty(errors);
    }

    [Fact]
    public async Task A_digit_is_drawn_and_the_answer_follows_the_pen()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not installed");
        Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);
        await using var slipway = await SlipwayProcess.DemoAsync("Or draw a digit");
        Assert.Equal("digits", DemoOf(slipway));
        var link = slipway.Output.Split('\n').First(l => l.Contains("Sign in, once", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu"] });
        var page = await browser.NewPageAsync();
        await page.GotoAsync(link);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "digits" }).First);
        await page.GotoAsync($"{slipway.Address}ui/deployments/production/digits/execute");

        // The sample, by the button: a 3.
        await page.GetByRole(AriaRole.Button, new() { Name = "Execute", Exact = true }).ClickAsync();
        await BestAsync(page, "3");
        await Expect(page.GetByText("Replica", new() { Exact = false }).First);

        // With the pointer: a 1 and a 7, without a button.
        await DrawAsync(page, (4.2f, 0.4f), (4.2f, 7.6f));
        await BestAsync(page, "1");
        await DrawAsync(page, (1.5f, 0.7f), (6.3f, 0.7f), (4.6f, 3.6f), (3.2f, 7.5f));
        await BestAsync(page, "7");

        // With the keyboard, from the middle down, and what was drawn is in the JSON: that, and no more.
        await page.GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await page.GetByRole(AriaRole.Application).FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.Keyboard.PressAsync("Shift+ArrowDown");
        await page.GetByText("JSON", new() { Exact = true }).First.ClickAsync();
        var editor = page.GetByRole(AriaRole.Textbox, new() { Name = "Input, JSON" });
        await Expect(editor);
        var body = JsonElement.Parse(await editor.InnerTextAsync());
        Assert.Equal(Enumerable.Range(0, 64).Select(at => at is 36 or 44 ? 16 : 0), body.GetProperty("inputs").GetProperty("image")[0].EnumerateArray().Select(p => p.GetInt32()));
    }

    /// <summary>What others do shows on the open board without a question of the page: it is told so.</summary>
    private static async Task MovesByPushAsync(IPage page, SlipwayProcess slipway)
    {
        await Expect(page.GetByText("Live", new() { Exact = true }).First);
        var card = page.GetByRole(AriaRole.Listitem, new() { Name = "talker in development" });
        await slipway.MustAsync("deployments", "stop", "talker");
        await Expect(card.GetByText("Stopped"));
        await slipway.MustAsync("deployments", "start", "talker");
        await Expect(card.GetByText("Active"));
    }

    private static string DemoOf(SlipwayProcess slipway) => slipway.Output.Split("The demo model '")[^1].Split('\'')[0];

    /// <summary>Clears the pad and draws a line through these places, in the model's pixels.</summary>
    private static async Task DrawAsync(IPage page, params (float X, float Y)[] places)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        var box = (await page.GetByRole(AriaRole.Application).BoundingBoxAsync())!;
        (float X, float Y)[] points = [.. places.Select(p => ((float)(box.X + (p.X / 8 * box.Width)), (float)(box.Y + (p.Y / 8 * box.Height))))];
        await page.Mouse.MoveAsync(points[0].X, points[0].Y);
        await page.Mouse.DownAsync();
        foreach (var (x, y) in points[1..])
        {
            await page.Mouse.MoveAsync(x, y, new() { Steps = 12 });
        }

        await page.Mouse.UpAsync();
    }

    private static Task BestAsync(IPage page, string label) =>
        Assertions.Expect(page.Locator("tr[data-best] th")).ToHaveTextAsync(label, new() { Timeout = 20_000 });

    private static Task Expect(ILocator locator) => Assertions.Expect(locator).ToBeVisibleAsync(new() { Timeout = 20_000 });
}
