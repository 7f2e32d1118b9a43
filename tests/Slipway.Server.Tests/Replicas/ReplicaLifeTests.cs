using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

public sealed class ReplicaLifeTests
{
    private const string Echo = """
        class Model:
            def load(self):
                print("loaded")
            def predict(self, body):
                return body
        """;

    [Theory]
    [InlineData(true)]    // from the warm parent by fork
    [InlineData(false)]   // a package that cannot live with fork
    public async Task A_replica_becomes_ready_and_goes_when_it_is_not_wanted(bool fork)
    {
        await using var host = await ReplicaHost.StartAsync();
        var spec = await host.GivenModelAsync(Echo, fork: fork);

        await host.ApplyAsync(spec, 1);
        var replica = (await host.ReadyAsync(spec, 1)).Replicas.Single();
        Assert.True(new SpawnedProcess(replica.Pid!.Value, replica.StartTimeTicks!.Value).IsAlive);
        Assert.True(replica.ResidentBytes > 0);

        await host.Sets.RemoveAsync(spec.DeploymentId, spec.Hash, CancellationToken.None);
        await host.GoneAsync(spec);
        Assert.Null(SpawnedProcess.Find(replica.Pid!.Value));
    }
}
