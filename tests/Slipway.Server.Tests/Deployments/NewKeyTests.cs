using System.Net;
using Slipway.Contracts;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>The gateway goes by a table of its own: a key that was just made or revoked is so for predictions too.</summary>
public sealed class NewKeyTests
{
    [Fact]
    public async Task A_new_key_predicts_at_once_and_a_revoked_one_no_more()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.Admin.PushedAsync("iris", ("data.csv", "1"));
        await host.LiveAsync();
        for (var i = 0; i < 20; i++)
        {
            var made = await (await host.Admin.PostJsonAsync("/api/v1/keys", """{"name":"new","scopes":["predict"]}""")).ReadAsync<CreatedKey>();
            using var client = host.Server.WithKey(made.Key);
            Assert.NotEqual(HttpStatusCode.Unauthorized, await PredictAsync(client));
            await (await host.Admin.DeleteAsync($"/api/v1/keys/{made.Info.Id}")).ShouldSucceedAsync();
            Assert.Equal(HttpStatusCode.Unauthorized, await PredictAsync(client));
        }
    }

    private static async Task<HttpStatusCode> PredictAsync(HttpClient client)
    {
        using var answer = await client.PostJsonAsync("/development/models/iris/invocations", "[1]");
        return answer.StatusCode;
    }
}
