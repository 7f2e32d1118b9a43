using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>Tells the system status which limits and which isolation are in force for model code.</summary>
internal sealed class MachineFacts(Cgroups cgroups, Isolation isolation, HostedOnnx hosted, ServerEpoch epoch, IOptions<ReplicasOptions> options) : ISystemFact
{
    public void AddTo(SystemFacts facts)
    {
        facts.Epoch = epoch.Current;
        facts.Isolation = isolation.Sentence;
        facts.Limits.AddRange(cgroups.Support);
        var (models, bytes) = hosted.InUse;
        facts.Hosted = new HostedModelsInfo(models, bytes, (long)options.Value.HostedModelsMib << 20);
    }
}
