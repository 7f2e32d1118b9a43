using Microsoft.Playwright;

namespace Slipway.EndToEnd.Tests;

/// <summary>Whether all text of a page can be read in both colour schemes.</summary>
internal static class Contrast
{
    private static readonly string Script = File.ReadAllText(Path.Combine(SlipwayProcess.SourceRoot, "tests/Slipway.EndToEnd.Tests/contrast.js"));

    /// <summary>Of the page as it is now; it is left in the light scheme.</summary>
    public static async Task ShouldBeGoodAsync(IPage page)
    {
        await page.AddStyleTagAsync(new() { Content = "*, ::before, ::after { transition: none !important; animation: none !important; }" });   // colours on their way are neither
        foreach (var scheme in new[] { ColorScheme.Dark, ColorScheme.Light })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-mantine-color-scheme", $"{scheme}".ToLowerInvariant(), new() { Timeout = 20_000 });
            var found = await page.EvaluateAsync<Found>(Script);
            Assert.True(found.Seen > 10, $"{page.Url} shows {found.Seen} texts.");
            Assert.True(found.Poor.Length == 0, $"{page.Url}, {scheme}:\n{string.Join('\n', found.Poor)}");
        }
    }

    private sealed class Found
    {
        public int Seen { get; set; }

        public string[] Poor { get; set; } = [];
    }
}
