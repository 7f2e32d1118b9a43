using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Gateway;
using Slipway.Serving;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>The way to one replica, and the places that requests have on it.</summary>
public sealed class ReplicaLinkTests
{
    [Theory]
    [InlineData(false)] // taken out of its set
    [InlineData(true)] // the whole set is gone
    public async Task WhoHasAPlaceIsAnswered_ThoughNoTableNamesTheReplicaAnyMore(bool isSetGone)
    {
        await using var replica = new FakeReplica();
        var link = new ReplicaLink(
            replica.Route(), ServerHello.Gateway("gateway", replica.Token, 1), _ => null, Options.Create(new GatewayOptions()), TimeProvider.System, NullLogger.Instance);
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        link.Changed += () => connected.TrySetResult();
        if (!link.IsConnected)
        {
            await connected.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        var id = Guid.NewGuid();
        var admission = new Admission(id, "h1", "production", "echo");
        var settings = new DeploymentRoute(id, "production", "echo", Guid.NewGuid(), "ada", RouteState.Serving, [], LoadBalancing.RoundRobin, false, TimeSpan.FromSeconds(20), 10, true);
        var set = new ReplicaSetRoute(id, "h1", 1, false, 1, [replica.Route()]);
        admission.Update(set, settings, _ => link, isVisible: true);
        Assert.Equal(Admitted.Now, admission.Enter(new Ticket(), 10, out var place));

        // The next table comes between the place and the call.
        if (isSetGone)
        {
            admission.Close();
        }
        else
        {
            admission.Update(set with { Replicas = ImmutableArray<ReplicaRoute>.Empty }, settings, _ => link, isVisible: true);
        }

        var closing = link.CloseWhenIdleAsync();
        await Task.Delay(50, TestContext.Current.CancellationToken);   // so that a link that closes too early has done so
        Assert.False(closing.IsCompleted);
        var call = place!.Link.TryStart(new PredictHead(Guid.NewGuid(), 20_000, BodyType.Json, false), [], "7"u8);
        Assert.NotNull(call);
        await call.WaitAsync();
        Assert.Equal(CallOutcome.Complete, call.Outcome);
        call.Release();

        Assert.False(closing.IsCompleted);
        admission.Leave(place);
        await closing.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.False(link.IsConnected);
    }
}
