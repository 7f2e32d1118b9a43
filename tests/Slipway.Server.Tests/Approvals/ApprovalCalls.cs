using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Approvals;

/// <summary>Approvals as tests call them: <c>ada</c> asks, <c>rev</c> and <c>boss</c> review.</summary>
internal static class ApprovalCalls
{
    /// <summary>A model with versions whose Production is protected.</summary>
    public static async Task<Cast> GivenProtectedAsync(this TestServer server, string model = "churn", int versions = 2, string stage = "Production")
    {
        var cast = new Cast(await server.UserAsync("ada", Role.Analyst), await server.UserAsync("rev", Role.Viewer), await server.UserAsync("boss", Role.Administrator));
        for (var i = 1; i <= versions; i++)
        {
            await server.Client.PushedAsync(model, ("data.csv", $"{model} {i}"));
        }

        await server.Client.ProtectAsync(model, stage, "rev", "boss");
        return cast;
    }

    public static async Task ProtectAsync(this HttpClient client, string? model, string stage, params string[] reviewers) => await (await client.SendJsonAsync(
        HttpMethod.Put, model is null ? $"/api/v1/stage-protections/{stage}" : $"/api/v1/models/{model}/protection/{stage}",
        $$"""{"reviewers":[{{string.Join(',', reviewers.Select(r => $"\"{r}\""))}}]}""")).ShouldSucceedAsync();

    public static Task<HttpResponseMessage> MoveAsync(this HttpClient client, string model, int version, string stage, string? note = null) =>
        client.PostJsonAsync($"/api/v1/models/{model}/versions/{version}/stage", note is null ? $$"""{"stage":"{{stage}}"}""" : $$"""{"stage":"{{stage}}","note":"{{note}}"}""");

    /// <summary>Asks for a transition that must become a request.</summary>
    public static async Task<ApprovalInfo> AskAsync(this HttpClient client, string model, int version, string stage = "Production", string? note = null)
    {
        var response = await client.MoveAsync(model, version, stage, note);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
        var asked = await response.ReadAsync<ApprovalInfo>();
        Assert.Equal($"/api/v1/approvals/{asked.Id}", response.Headers.Location?.OriginalString);
        return asked;
    }

    public static Task<HttpResponseMessage> ApproveAsync(this HttpClient client, ApprovalInfo approval, string body = "{}") => client.PostJsonAsync($"/api/v1/approvals/{approval.Id}/approve", body);

    public static Task<HttpResponseMessage> RejectAsync(this HttpClient client, ApprovalInfo approval, string body = """{"comment":"no"}""") =>
        client.PostJsonAsync($"/api/v1/approvals/{approval.Id}/reject", body);

    public static Task<HttpResponseMessage> CancelAsync(this HttpClient client, ApprovalInfo approval) => client.PostJsonAsync($"/api/v1/approvals/{approval.Id}/cancel", "{}");

    public static async Task<ApprovalInfo> ApprovalAsync(this HttpClient client, string id) => (await client.GetAsync<ApprovalDetail>($"/api/v1/approvals/{id}")).Approval;

    public static async Task<string> StageAsync(this HttpClient client, string model, int version) => (await client.GetAsync<ModelVersionInfo>($"/api/v1/models/{model}/versions/{version}")).Stage;
}

/// <summary>Clients of those who play.</summary>
internal sealed record Cast(HttpClient Ada, HttpClient Rev, HttpClient Boss);
