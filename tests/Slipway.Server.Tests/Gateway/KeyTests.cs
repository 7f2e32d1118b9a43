using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

public sealed class KeyTests
{
    [Theory]
    [InlineData("Bearer " + GatewayHost.Key, 200)]
    [InlineData("bearer " + GatewayHost.Key, 200)] // schemes know no case
    [InlineData("Api-Key " + GatewayHost.Key, 200)]
    [InlineData("Basic ada:" + GatewayHost.Key, 200)]
    [InlineData("Basic ADA:" + GatewayHost.Key, 200)]
    [InlineData("Basic eve:" + GatewayHost.Key, 401)] // another's key
    [InlineData("Basic no-colon", 401)]
    [InlineData("Bearer " + GatewayHost.Key + "x", 401)]
    [InlineData("Bearer", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Digest " + GatewayHost.Key, 401)]
    [InlineData("Bearer old", 401)] // expired
    [InlineData("Bearer mute", 403)] // no right to predict
    [InlineData(null, 401)]
    public async Task A_key_is_taken_by_each_scheme(string? header, int status)
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        if (header?.StartsWith("Basic ", StringComparison.Ordinal) == true)
        {
            header = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(header[6..]));
        }

        foreach (var _ in new[] { "fresh", "from the cache" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/production/models/echo") { Content = new StringContent("1", Encoding.UTF8, "application/json") };
            request.Headers.TryAddWithoutValidation("Authorization", header);
            var response = await host.NoKey.SendAsync(request);
            Assert.Equal(status, (int)response.StatusCode);
            if (status == 403)
            {
                Assert.Contains("predict", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Predictions_alone_move_the_time_of_a_keys_last_use()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        var key = host.Last.Keys[GatewayHost.Hash(GatewayHost.Key)].KeyId;
        var directory = host.Services.GetRequiredService<KeyDirectory>();
        Assert.Null(directory.LastUse(key));

        var before = DateTimeOffset.UtcNow;
        (await host.PredictAsync()).EnsureSuccessStatusCode();
        await host.ReportAsync(r => r.Keys.Any(k => k.KeyId == key));

        Assert.InRange(directory.LastUse(key)!.Value, before.AddSeconds(-1), DateTimeOffset.UtcNow);
    }

    [Theory]
    [InlineData("?username=ada&apikey=" + GatewayHost.Key, 200)]
    [InlineData("?username=eve&apikey=" + GatewayHost.Key, 401)]
    [InlineData("?apikey=" + GatewayHost.Key, 401)]
    [InlineData("?username=ada&apikey=" + GatewayHost.Key + "&apikey=other", 401)]
    public async Task A_key_is_taken_from_the_query(string query, int status)
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        var response = await host.NoKey.PostAsync("/production/models/echo/predict" + query, new StringContent("1", Encoding.UTF8, "application/json"));
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_key_that_a_new_table_does_not_name_is_refused_at_once()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync()).StatusCode);
        var feed = (RouteTableFeed)host.Services.GetService(typeof(RouteTableFeed))!;
        feed.Publish(feed.Current with { Version = feed.Current.Version + 1, Keys = System.Collections.Frozen.FrozenDictionary<string, KeyRoute>.Empty });
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.PredictAsync()).StatusCode);
    }

    [Fact]
    public async Task Without_a_scope_the_keys_default_environment_is_asked()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/models/echo") { Content = new StringContent("1", Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer dev");
        Assert.Equal(HttpStatusCode.NotFound, (await host.NoKey.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task The_report_names_the_keys_that_were_used()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        await host.PredictAsync();
        var report = await host.ReportAsync(r => r.Keys.Length > 0);
        var key = Assert.Single(report.Keys);
        Assert.Contains(((RouteTableFeed)host.Services.GetService(typeof(RouteTableFeed))!).Current.Keys.Values, k => k.KeyId == key.KeyId);
    }
}
