using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Runtimes;

/// <summary>Tells the system status which base images this machine has; they are probed in the background when the server starts.</summary>
internal sealed class BaseImageFacts(BaseImages images) : HostedLoop, ISystemFact
{
    public void AddTo(SystemFacts facts) =>
        facts.BaseImages.AddRange(images.Known.Select(i => new BaseImageInfo(i.Name, i.Runtime, i.Interpreter, i.Version, i.Usable, i.Problem)));

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            await images.AllAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the server ends before it knew
        }
    }
}
