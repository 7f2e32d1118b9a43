using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>The model <c>linear</c> as an ONNX file, deployed to <c>development/linear</c>.</summary>
internal static class OnnxDeployments
{
    public const string Linear = "/api/v1/deployments/development/linear";

    public static Task<ModelVersionInfo> PushAsync(TestServer server, byte[] model) => PushAsync(server, ("model.onnx", model));

    public static async Task<ModelVersionInfo> PushAsync(TestServer server, params (string Path, byte[] Content)[] files)
    {
        await server.Client.RegisterAsync("linear");
        var upload = await (await server.Client.PutArchiveAsync(RegistryCalls.TarGz(files))).ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.UploadInfo);
        return await (await server.Client.PostAsJsonAsync("/api/v1/models/linear/versions", new CreateVersionRequest(upload.Id), ContractsJson.Default.CreateVersionRequest))
            .ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.ModelVersionInfo);
    }

    public static async Task DeployAsync(TestServer server, string placement = "gateway") => await (await server.Client.PostJsonAsync(
        "/api/v1/deployments", $$"""{"name":"linear","model":"linear","version":"1","placement":"{{placement}}"}""")).ShouldSucceedAsync();

    public static Task<HttpResponseMessage> AskAsync(TestServer server, string body) =>
        server.Client.PostAsync("/development/models/linear/invocations", new StringContent(body, Encoding.UTF8, "application/json"));

    public static async Task<string> PredictAsync(TestServer server, string body = "[1, 1]")
    {
        using var response = await AskAsync(server, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return text;
    }

    /// <summary>One request after another; every answer.</summary>
    public static async Task<List<string>> AskUntilAsync(TestServer server, CancellationToken until)
    {
        var answers = new List<string>();
        while (!until.IsCancellationRequested)
        {
            answers.Add(await PredictAsync(server));
        }

        return answers;
    }

    public static Task<DeploymentInfo> UntilAsync(TestServer server, Func<DeploymentInfo, bool> condition) =>
        server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>(Linear), condition);

    public static Task<Page<ReplicaInfo>> UntilReplicasAsync(TestServer server, Func<Page<ReplicaInfo>, bool> condition) =>
        server.UntilAsync(() => server.Client.GetAsync<Page<ReplicaInfo>>($"{Linear}/replicas"), condition);
}
