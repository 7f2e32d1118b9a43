using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>What one replica may have beside CPU and memory. Part of a revision: another value is another replica set.</summary>
/// <param name="GpuType">One of <see cref="Gpus.Types"/>; null without GPUs.</param>
/// <param name="StorageGb">A replica that has more in its folder is ended (<c>storage_limit</c>) and started anew.</param>
/// <param name="NetworkMbps">Recorded and shown; the local engine does not hold replicas to it.</param>
internal sealed record ExtraResources(int GpuCount = 0, string? GpuType = null, double? StorageGb = null, int? NetworkMbps = null)
{
    public static ExtraResources None { get; } = new();

    /// <summary>In hashes: empty for none, so that what was made before these existed is the same.</summary>
    public string InHash => this == None ? "" : string.Create(CultureInfo.InvariantCulture, $" gpu {GpuCount} {GpuType} storage {StorageGb:R} network {NetworkMbps}");

    /// <summary>As a request asks, over what was before; what is wrong is said in <paramref name="fields"/>.</summary>
    public static ExtraResources Chosen(
        DeploymentFields fields, Gpus machine, ExtraResources before, int? gpuCount, string? gpuType, double? storageGb, int? networkMbps)
    {
        var count = gpuCount ?? before.GpuCount;
        var type = gpuType ?? (count > 0 ? before.GpuType : null);
        if (count is < 0 or > 64)
        {
            fields.Wrong("gpu_count", "gpu_count must be between 0 and 64.");
        }
        else if (count == 0 && type is not null)
        {
            fields.Wrong("gpu_type", "gpu_type goes with a gpu_count above 0.");
        }
        else if (count > 0 && (type is null || !Gpus.Types.Contains(type)))
        {
            fields.Wrong("gpu_type", $"gpu_type is needed with GPUs: one of {string.Join(", ", Gpus.Types)}.");
        }
        else if (count > 0 && machine.All.Count(g => g.Type == type) < count)
        {
            fields.Wrong("gpu_count", $"A replica cannot have {count} {type} here: this machine has {machine.Sentence}.");
        }

        var storage = storageGb is 0 ? null : storageGb ?? before.StorageGb;
        if (storage is { } gb && !(gb > 0 && gb <= 100_000))
        {
            fields.Wrong("storage_gb", "storage_gb must be above 0 and at most 100000, or 0 for none.");
        }

        var network = networkMbps is 0 ? null : networkMbps ?? before.NetworkMbps;
        if (network is < 0 or > 400_000)
        {
            fields.Wrong("network_mbps", "network_mbps must be between 1 and 400000, or 0 for none.");
        }

        return new ExtraResources(count, type, storage, network);
    }
}

internal sealed class ExtraResourcesConverter() : ValueConverter<ExtraResources, string>(
    resources => JsonSerializer.Serialize(resources, DeploymentSettingsJson.Default.ExtraResources),
    json => JsonSerializer.Deserialize(json, DeploymentSettingsJson.Default.ExtraResources) ?? ExtraResources.None);
