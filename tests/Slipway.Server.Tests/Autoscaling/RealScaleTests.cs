using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Autoscaling;

/// <summary>Zero and back with real Python processes and requests through the gateway.</summary>
public sealed class RealScaleTests
{
    private const string Path = "/api/v1/deployments/development/adder";

    [Fact]
    public async Task A_sleeping_model_answers_the_first_request_and_every_one_that_comes_with_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.PushedAsync("adder", ("model/model.py", "class Model:\n    def predict(self, x):\n        return x + 1\n"));
        await (await server.Client.PostJsonAsync(
            "/api/v1/deployments",
            """{"name":"adder","model":"adder","version":"1","memory_mib":256,"autoscaling":{"min_replicas":0,"max_replicas":2,"scale_down_delay_seconds":2}}""")).ShouldSucceedAsync();
        for (var round = 0; round < 2; round++)
        {
            await UntilAsync(server, d => d is { Status: "SCALED_TO_ZERO", ReplicasReady: 0 });
            await UntilNoReplicaAsync(server);
            var began = Stopwatch.GetTimestamp();
            var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => PredictAsync(server, i)));
            Assert.Equal(Enumerable.Range(2, 8).Select(i => $"{i}"), answers);
            TestContext.Current.SendDiagnosticMessage("From zero to eight answers in {0:0} ms", Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    private static async Task<string> PredictAsync(TestServer server, int x)
    {
        var response = await server.Client.PostAsync("/development/models/adder/invocations", new StringContent($"{x}", Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return text;
    }

    private static Task UntilAsync(TestServer server, Func<DeploymentInfo, bool> condition) => server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>(Path), condition);

    private static Task UntilNoReplicaAsync(TestServer server) => server.UntilAsync(() => server.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas"), p => p.Items.Count == 0);
}
