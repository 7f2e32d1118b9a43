using System.Text;

namespace Slipway.EndToEnd.Tests;

/// <summary>A disk that is really full: a small file system of its own under the data folder.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_full_disk_refuses_writes_with_507_and_predictions_go_on()
    {
        await using var disk = new SmallDisk("200m");
        await using var slipway = await SlipwayProcess.StartPreparedAsync(disk.MountAsync, null);
        await slipway.PushAsync("echo", Packages.Echo("kept"));
        var fill = Path.Combine(slipway.DataFolder, "fill");
        await SmallDisk.RunAsync("dd", "if=/dev/zero", $"of={fill}", "bs=1M");

        using (var refused = await RegisterAsync(slipway, "too-late"))
        {
            var text = await refused.Content.ReadAsStringAsync();
            Assert.True((int)refused.StatusCode == 507 && text.Contains("storage_full", StringComparison.Ordinal), text);
        }

        var asked = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            using var answer = await slipway.PredictAsync("development", "echo", "{}");
            Assert.True(answer.IsSuccessStatusCode);
            asked.Add(answer.Headers.GetValues("Slipway-Prediction-Id").Single());
        }

        File.Delete(fill);
        await Eventually.TrueAsync(async () => (await RegisterAsync(slipway, $"model-{Guid.NewGuid():N}")).IsSuccessStatusCode, "writes are taken again");
        using var absent = await slipway.Client.GetAsync("/api/v1/models/too-late");
        Assert.Equal(404, (int)absent.StatusCode);
        await Eventually.TrueAsync(async () => (await slipway.Client.GetAsync($"/api/v1/predictions/{asked[^1]}")).IsSuccessStatusCode, "history has caught up");
        foreach (var id in asked)
        {
            using var found = await slipway.Client.GetAsync($"/api/v1/predictions/{id}");
            Assert.True(found.IsSuccessStatusCode, id);
        }

        await slipway.MustAsync("verify");
        await slipway.StopAsync();
        await disk.DisposeAsync();   // before its folder is removed
    }

    private static Task<HttpResponseMessage> RegisterAsync(SlipwayProcess slipway, string name) =>
        slipway.Client.PostAsync("/api/v1/models", new StringContent($$"""{"name": "{{name}}"}""", Encoding.UTF8, "application/json"));
}
