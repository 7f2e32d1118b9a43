using Slipway.Server.Platform;

namespace Slipway.Server.Status;

/// <summary>What any process tells: version, CPU, memory, start. Names are those of Prometheus' own client libraries.</summary>
internal sealed class ProcessMetrics : IMetricSource
{
    private readonly double started = new DateTimeOffset(System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;

    public void Write(PrometheusText text)
    {
        text.Family("slipway_build_info", "info", "1, with the version as a label.");
        text.Sample("slipway_build_info", 1, ("version", FindStatus.Version));
        text.Family("process_cpu_seconds_total", "counter", "CPU time of this process, user and system.");
        text.Sample("process_cpu_seconds_total", Environment.CpuUsage.TotalTime.TotalSeconds);
        text.Family("process_resident_memory_bytes", "gauge", "Resident memory of this process.");
        text.Sample("process_resident_memory_bytes", Environment.WorkingSet);
        text.Family("process_start_time_seconds", "gauge", "Start of this process, Unix time.");
        text.Sample("process_start_time_seconds", started);
    }
}
