using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Replicas;

/// <summary>The table of contents of this folder: its services. Its routes are below a deployment's, which Deployments resolves.</summary>
internal static class ReplicasFeature
{
    public static void AddReplicas(this IServiceCollection services)
    {
        services.AddOptions<ReplicasOptions>().BindConfiguration("Slipway:Replicas").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReplicasOptions>, ReplicasOptionsValidator>();
        services.TryAddSingleton<IReplicaUse, UnusedReplicas>();
        services.TryAddSingleton<IReplicaHealth, UsualHealth>();
        services.TryAddSingleton<IReplicaSecrets, NoSecrets>();

        // what others use
        services.AddSingleton<ReplicaSets>();
        services.AddSingleton<ReloadReplica>();
        services.AddSingleton<ReplicaLogs>();
        services.AddSingleton<ModelRuns>();
        services.AddSingleton<Isolation>();
        services.AddSingleton<Cgroups>();
        services.AddSingleton<ISystemFact, MachineFacts>();

        // the loop and its parts
        services.AddSingleton<ReplicaWake>();
        services.AddSingleton<ReplicaFolders>();
        services.AddSingleton<ReplicaLogFiles>();
        services.AddSingleton<ReplicaSteps>();
        services.AddSingleton<ReplicaWatch>();
        services.AddSingleton<ReplicaDisk>();
        services.AddSingleton<ReplicaStop>();
        services.AddSingleton<ReplicaSweep>();
        services.AddSingleton<StartReplica>();
        services.AddSingleton<GpuDevices>();
        services.AddSingleton<GpuUse>();
        services.AddHostedService(provider => provider.GetRequiredService<GpuUse>());
        services.AddSingleton<WarmParents>();
        services.AddSingleton<OnnxProcesses>();
        services.AddSingleton<HostedOnnx>();
        services.AddSingleton<HostedReplicas>();

        // jobs, which Schedules runs
        services.AddSingleton<JobFolders>();
        services.AddSingleton<JobProcesses>();

        services.AddHostedService<ReplicaLoop>();
        services.AddHostedService<ReplicaLogTidy>();
    }

    public static void MapReplicas(this IEndpointRouteBuilder routes)
    {
    }
}
