using System.Net;
using Microsoft.AspNetCore.Http;
using Slipway.Server.Deployments;
using Slipway.Server.Gateway;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>Callers that stay on one replica: by address, cookie or header.</summary>
public sealed class AffinityTests
{
    private static readonly BalancerSettings ByCookie = new() { Sticky = Stickiness.Cookie };
    private static readonly BalancerSettings ByHeader = new() { Sticky = Stickiness.Header };

    [Fact]
    public async Task A_header_keeps_a_session_on_one_replica_and_sessions_spread()
    {
        await using var rig = await Rig.StartAsync(4, balancer: ByHeader);
        var homes = new Dictionary<string, int>();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 24; i++)
            {
                var home = await rig.AskAsync(("Slipway-Session", $"session-{i}"));
                Assert.Equal(home, homes.TryGetValue($"{i}", out var before) ? before : homes[$"{i}"] = home);
            }
        }

        Assert.Equal(4, homes.Values.Distinct().Count());
    }

    [Fact]
    public async Task When_a_replica_goes_only_its_own_sessions_move_and_they_come_back_with_it()
    {
        await using var rig = await Rig.StartAsync(4, balancer: ByHeader);
        var before = await HomesAsync(rig);
        await rig.Host.PublishAsync([.. rig.Replicas.Where((_, i) => i != 2)], balancer: ByHeader);
        var without = await HomesAsync(rig);
        Assert.All(before.Zip(without), pair => Assert.True(pair.First == 2 ? pair.Second != 2 : pair.First == pair.Second, $"{pair}"));
        await rig.Host.PublishAsync([.. rig.Replicas], balancer: ByHeader);
        Assert.Equal(before, await HomesAsync(rig));

        static async Task<List<int>> HomesAsync(Rig rig)
        {
            var homes = new List<int>();
            for (var i = 0; i < 40; i++)
            {
                homes.Add(await rig.AskAsync(("Slipway-Session", $"s{i}")));
            }

            return homes;
        }
    }

    [Fact]
    public async Task A_cookie_names_the_replica_and_is_given_anew_when_that_one_has_gone()
    {
        await using var rig = await Rig.StartAsync(3, balancer: ByCookie);
        var first = await rig.Host.InvokeAsync();
        var cookie = first.Headers.GetValues("Set-Cookie").Single();
        Assert.Matches("^slipway-replica=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax$", cookie);
        var home = int.Parse(await first.Content.ReadAsStringAsync());
        var pair = ("Cookie", cookie.Split(';')[0]);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(home, await rig.AskAsync(pair));
        }

        // Its replica is not ready any more: another one answers, and is the home from now on.
        await rig.Host.PublishAsync([.. rig.Replicas.Where((_, i) => i != home)], balancer: ByCookie);
        using var request = rig.Request(pair);
        var moved = await rig.Host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
        var other = int.Parse(await moved.Content.ReadAsStringAsync());
        Assert.NotEqual(home, other);
        Assert.Equal(other, await rig.AskAsync(("Cookie", moved.Headers.GetValues("Set-Cookie").Single().Split(';')[0])));

        // What is no cookie of ours is none.
        Assert.InRange(await rig.AskAsync(("Cookie", "slipway-replica=nonsense")), 0, 2);
    }

    [Fact]
    public async Task By_address_one_caller_has_one_replica()
    {
        await using var rig = await Rig.StartAsync(3, LoadBalancing.IpHash);
        var home = await rig.AskAsync();
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(home, await rig.AskAsync(("X-Forwarded-For", $"10.0.0.{i}")));   // no proxy is trusted, so this says nothing
        }
    }

    [Fact]
    public async Task A_request_that_waits_for_its_replica_holds_up_nobody_elses()
    {
        var release = new TaskCompletionSource();
        await using var rig = await Rig.StartAsync(2, balancer: ByHeader, concurrency: 1, before: async r => await (r.Text == "\"slow\"" ? release.Task : Task.CompletedTask));
        var (busy, free) = await rig.TwoHomesAsync();
        var slow = rig.Host.Client.SendAsync(rig.Request("\"slow\"", ("Slipway-Session", busy)));
        await rig.Host.ReportAsync(r => r.Sets.Sum(s => s.InFlight) == 1);
        var behind = rig.Host.Client.SendAsync(rig.Request(("Slipway-Session", busy)));
        await rig.Host.ReportAsync(r => r.Sets.Sum(s => s.Queued) == 1);
        Assert.Equal(HttpStatusCode.OK, (await rig.Host.Client.SendAsync(rig.Request(("Slipway-Session", free)))).StatusCode);
        Assert.False(behind.IsCompleted);
        release.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await behind).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await slow).StatusCode);
    }

    [Theory]
    [InlineData("192.0.2.7", null, "192.0.2.7")]
    [InlineData("192.0.2.7", "203.0.113.9", "192.0.2.7")]                    // not a trusted proxy
    [InlineData("10.1.2.3", "203.0.113.9", "203.0.113.9")]
    [InlineData("10.1.2.3", "198.51.100.1, 203.0.113.9, 10.9.9.9", "203.0.113.9")]   // the first from the right that is no proxy of ours
    [InlineData("10.1.2.3", "nonsense", "10.1.2.3")]
    [InlineData("::ffff:192.0.2.7", null, "192.0.2.7")]
    public void The_address_is_the_peers_or_what_a_trusted_proxy_says(string peer, string? forwarded, string counts)
    {
        var addresses = new ClientAddresses(["10.0.0.0/8"]);
        Assert.Equal(addresses.HashOf(From(counts, null)), addresses.HashOf(From(peer, forwarded)));

        static DefaultHttpContext From(string peer, string? forwarded)
        {
            var context = new DefaultHttpContext();
            context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
            if (forwarded is not null)
            {
                context.Request.Headers["X-Forwarded-For"] = forwarded;
            }

            return context;
        }
    }

    /// <summary>Replicas that answer their own number.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        public required GatewayHost Host { get; init; }

        public required List<FakeReplica> Replicas { get; init; }

        public static async Task<Rig> StartAsync(
            int count, LoadBalancing balancing = LoadBalancing.RoundRobin, BalancerSettings? balancer = null, int concurrency = 64, Func<FakeRequest, Task>? before = null)
        {
            var replicas = Enumerable.Range(0, count).Select(i => new FakeReplica(async r =>
            {
                await (before?.Invoke(r) ?? Task.CompletedTask);
                await r.AnswerAsync($"{i}");
            })).ToList();
            var host = await GatewayHost.StartAsync();
            await host.PublishAsync([.. replicas], concurrency, balancing: balancing, balancer: balancer);
            return new Rig { Host = host, Replicas = replicas };
        }

        public HttpRequestMessage Request(params (string Name, string Value)[] headers) => Request("[1]", headers);

        public HttpRequestMessage Request(string body, params (string Name, string Value)[] headers)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/production/models/echo/invocations") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            foreach (var (name, value) in headers)
            {
                request.Headers.Add(name, value);
            }

            return request;
        }

        /// <returns>Number of the replica that answered.</returns>
        public async Task<int> AskAsync(params (string Name, string Value)[] headers)
        {
            using var request = Request(headers);
            var response = await Host.NewClientWithKey().SendAsync(request);
            return int.Parse(await response.Content.ReadAsStringAsync());
        }

        /// <summary>Two sessions with different homes.</summary>
        public async Task<(string One, string Other)> TwoHomesAsync()
        {
            var one = await AskAsync(("Slipway-Session", "s0"));
            for (var i = 1; ; i++)
            {
                if (await AskAsync(("Slipway-Session", $"s{i}")) != one)
                {
                    return ("s0", $"s{i}");
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Host.DisposeAsync();
            foreach (var replica in Replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }
}
