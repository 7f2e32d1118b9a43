using Slipway.Contracts;

namespace Slipway.Server.Deployments;

/// <summary>Reads scaling settings from a request: ranges in one place for deployments and for defaults of environments.</summary>
internal static class ScalingFields
{
    /// <summary>The settings with what the request changes; what is out of range is said in <paramref name="fields"/>.</summary>
    public static ScalingSettings Scaling(this DeploymentFields fields, ScalingSettings before, AutoscalingRequest? request)
    {
        if (request is null)
        {
            return before;
        }

        Range(fields, "autoscaling_window_seconds", request.AutoscalingWindowSeconds, 10, 3600);
        Range(fields, "scale_down_delay_seconds", request.ScaleDownDelaySeconds, 0, 3600);
        Range(fields, "concurrency_target", request.ConcurrencyTarget, 1, 100_000);
        Range(fields, "target_utilization_percentage", request.TargetUtilizationPercentage, 1, 100);
        Optional(fields, "max_scale_down_rate", request.MaxScaleDownRate, 50);
        Optional(fields, "target_cpu_percentage", request.TargetCpuPercentage, 100);
        Optional(fields, "target_memory_percentage", request.TargetMemoryPercentage, 100);
        Optional(fields, "target_gpu_percentage", request.TargetGpuPercentage, 100);
        var variants = VariantBounds.Changed(fields, before.Variants, request.Variants);
        return fields.Refusal is not null ? before : before with
        {
            Variants = variants,
            Enabled = request.Enabled ?? before.Enabled,
            Window = Seconds(request.AutoscalingWindowSeconds) ?? before.Window,
            ScaleDownDelay = Seconds(request.ScaleDownDelaySeconds) ?? before.ScaleDownDelay,
            ConcurrencyTarget = request.ConcurrencyTarget ?? before.ConcurrencyTarget,
            TargetUtilizationPercent = request.TargetUtilizationPercentage ?? before.TargetUtilizationPercent,
            MaxScaleDownPercent = Kept(request.MaxScaleDownRate, before.MaxScaleDownPercent),
            TargetCpuPercent = Kept(request.TargetCpuPercentage, before.TargetCpuPercent),
            TargetMemoryPercent = Kept(request.TargetMemoryPercentage, before.TargetMemoryPercent),
            TargetGpuPercent = Kept(request.TargetGpuPercentage, before.TargetGpuPercent),
        };
    }

    private static void Range(DeploymentFields fields, string field, double? value, double least, double most)
    {
        if (value is { } given && !(given >= least && given <= most))
        {
            fields.Wrong(field, $"{field} must be between {least} and {most}.");
        }
    }

    private static void Optional(DeploymentFields fields, string field, int? value, int most)
    {
        if (value is { } given && (given < 0 || given > most))
        {
            fields.Wrong(field, $"{field} must be between 1 and {most}, or 0 for none.");
        }
    }

    private static TimeSpan? Seconds(double? value) => value is { } given ? TimeSpan.FromSeconds(given) : null;

    private static int? Kept(int? asked, int? before) => asked is null ? before : asked == 0 ? null : asked;
}
