using System.Collections.Frozen;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Autoscaling;

/// <summary>Changes some of the scaling settings and says whether that is in force.</summary>
internal sealed class UpdateAutoscaling(UpdateDeployment update, ReadDeployments read)
{
    /// <returns>ACCEPTED, QUEUED or UNCHANGED with the settings, or the refusals of <see cref="UpdateDeployment"/>.</returns>
    public async Task<Result<AutoscalingUpdate>> RunAsync(DeploymentRef which, AutoscalingRequest request, Actor by, Uri host, CancellationToken cancellationToken)
    {
        var before = await read.GetAsync(which, host, cancellationToken);
        if (before.Refusal is { } missing)
        {
            return missing;
        }

        var changed = await update.RunAsync(which, new UpdateDeploymentRequest(Autoscaling: request), by, cancellationToken);
        if (changed.Refusal is { } refusal)
        {
            return refusal;
        }

        var after = await read.GetAsync(changed.Value, host, cancellationToken);
        return Same(after.Autoscaling, before.Value.Autoscaling)
            ? new AutoscalingUpdate("UNCHANGED", "The settings were already so.", after.Autoscaling)
            : after.Status is "STOPPED" or "DEACTIVATING" || after.Live is null
                ? new AutoscalingUpdate("QUEUED", "The settings are stored and in force once the deployment runs.", after.Autoscaling)
                : new AutoscalingUpdate("ACCEPTED", "The settings are in force.", after.Autoscaling);
    }

    // A dictionary is equal to itself alone.
    private static bool Same(AutoscalingSettings left, AutoscalingSettings right) =>
        left with { Variants = null } == right with { Variants = null }
        && (left.Variants ?? FrozenDictionary<string, VariantBoundsInfo>.Empty).OrderBy(v => v.Key, StringComparer.Ordinal)
            .SequenceEqual((right.Variants ?? FrozenDictionary<string, VariantBoundsInfo>.Empty).OrderBy(v => v.Key, StringComparer.Ordinal));
}
