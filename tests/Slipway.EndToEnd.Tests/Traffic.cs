using System.Text;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>What clients do while a server is killed, and what they know afterwards.</summary>
internal static class Traffic
{
    /// <summary>Ids of all predictions in history.</summary>
    public static async Task<List<string>> RecordedAsync(SlipwayProcess slipway)
    {
        var ids = new List<string>();
        string? token = null;
        do
        {
            var page = await slipway.GetAsync("/api/v1/predictions?limit=500" + (token is null ? "" : $"&page_token={Uri.EscapeDataString(token)}"));
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(p => p.GetProperty("id").GetString()!));
            token = page.GetProperty("next_page_token").GetString();
        }
        while (token is not null);
        return ids;
    }

    /// <summary>Registers models until it is told to stop or the server is gone, and notes those that were acknowledged. A 500 is a defect, also of a server that dies.</summary>
    public static async Task WriteAsync(HttpClient client, Func<int, string> name, List<string> acknowledged, CancellationToken cancellationToken)
    {
        for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
        {
            try
            {
                var body = JsonSerializer.Serialize(new Dictionary<string, string> { ["name"] = name(i) });
                using var response = await client.PostAsync("/api/v1/models", new StringContent(body, Encoding.UTF8, "application/json"), cancellationToken);
                await response.Content.ReadAsByteArrayAsync(cancellationToken);
                Assert.NotEqual(500, (int)response.StatusCode);
                if (response.IsSuccessStatusCode)
                {
                    acknowledged.Add(name(i));
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>Calls the deployment <c>development/echo</c> until it is told to stop or the server is gone, and notes the ids of answered predictions.</summary>
    public static async Task AskAsync(HttpClient client, List<string> answered, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var response = await client.PostAsync("/development/models/echo", new StringContent("""{"x": 1}""", Encoding.UTF8, "application/json"), cancellationToken);
                var text = await response.Content.ReadAsStringAsync(cancellationToken);
                Assert.NotEqual(500, (int)response.StatusCode);
                if (response.IsSuccessStatusCode)
                {
                    lock (answered)
                    {
                        answered.Add(JsonDocument.Parse(text).RootElement.GetProperty("promote_id").GetString()!);
                    }
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or ObjectDisposedException or JsonException)
            {
                return;
            }
        }
    }
}
