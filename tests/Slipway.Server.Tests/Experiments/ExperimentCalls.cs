using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

/// <summary>The routes of experiments and runs as tests call them.</summary>
internal static class ExperimentCalls
{
    public static Task<HttpResponseMessage> CreateExperimentAsync(this HttpClient client, string name, string? description = null) =>
        client.PostAsJsonAsync("/api/v1/experiments", new CreateExperimentRequest(name, description), ContractsJson.Default.CreateExperimentRequest);

    public static async Task<RunInfo> GivenRunAsync(this HttpClient client, string experiment = "churn", string? name = null, string? parent = null)
    {
        var request = new StartRunRequest(experiment, name, parent, CreateExperiment: true);
        var response = await client.PostAsJsonAsync("/api/v1/runs", request, ContractsJson.Default.StartRunRequest);
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return await response.ReadAsync<RunInfo>();
    }

    public static Task<HttpResponseMessage> LogAsync(this HttpClient client, string run, string json) => client.PostJsonAsync($"/api/v1/runs/{run}/log", json);

    public static async Task LoggedAsync(this HttpClient client, string run, string json) => await (await client.LogAsync(run, json)).ShouldSucceedAsync();

    public static async Task<RunInfo> RunAsync(this HttpClient client, string run) => (await client.GetAsync<RunDetail>($"/api/v1/runs/{run}")).Run;

    public static Task<HttpResponseMessage> PutArtifactAsync(this HttpClient client, string run, string path, byte[] content, string? sha256 = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/runs/{run}/artifacts/{path}") { Content = new ByteArrayContent(content) };
        if (sha256 is not null)
        {
            request.Headers.Add("Slipway-Sha256", sha256);
        }

        return client.SendAsync(request);
    }

    public static string Json(string text) => JsonSerializer.Serialize(text);

    /// <summary>Everything that experiments and runs have stored, as numbers of rows.</summary>
    public static async Task<string> TracesAsync(this TestServer server)
    {
        await using var db = server.Services.GetRequiredService<Database>().Read();
        var rows = new[]
        {
            await db.Set<Experiment>().CountAsync(), await db.Set<Run>().CountAsync(), await db.Set<RunKey>().CountAsync(), await db.Set<RunParameter>().CountAsync(),
            await db.Set<RunTag>().CountAsync(), await db.Set<RunMetric>().CountAsync(), await db.Set<RunMetricPoint>().CountAsync(), await db.Set<RunMetricBatch>().CountAsync(), await db.Set<RunDataSet>().CountAsync(),
            await db.Set<RunArtifact>().CountAsync(), await db.Set<RunAlert>().CountAsync(), await db.Set<Slipway.Server.Artifacts.Blob>().CountAsync(),
        };
        var files = Directory.EnumerateFiles(Path.Combine(server.DataFolder, "artifacts"), "*", SearchOption.AllDirectories).Count();
        return $"{string.Join(", ", rows)}; {files}";
    }
}
