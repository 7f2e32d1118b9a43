using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Slipway.Cli;
using Slipway.Cli.Pushing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>What <c>--wait</c> concludes from answers of several requests.</summary>
public sealed class PushWaitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_rollout_that_ends_between_two_requests_gives_the_deployment_as_it_is_after_it(int seenBefore)
    {
        // A server whose first rollout ends after so many answers.
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.Urls.Add("http://127.0.0.1:0");
        var asked = 0;
        app.MapGet("/api/v1/deployments/production/digits/rollouts", () => Json(
            Interlocked.Increment(ref asked) > seenBefore ? """{"items":[{"status":"SUCCEEDED","steps":[]}]}""" : """{"items":[{"status":"RAMPING_UP","steps":[]}]}"""));
        app.MapGet("/api/v1/deployments/production/digits", () => Json(
            Interlocked.Increment(ref asked) > seenBefore ? """{"name":"digits","status":"ACTIVE","live":{"number":1}}""" : """{"name":"digits","status":"DEPLOYING","live":null}"""));
        await app.StartAsync();

        using var api = new ApiClient(new Profile(app.Urls.First(), "key"));
        var deployment = await new Push(api).WaitAsync("production", "digits", TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.Equal(1, deployment.Live?.Number);
    }

    private static IResult Json(string text) => Results.Text(text, "application/json");
}
