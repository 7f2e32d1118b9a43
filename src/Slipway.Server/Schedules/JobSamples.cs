using System.Collections.Concurrent;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Schedules;

/// <param name="CpuSeconds">CPU time so far.</param>
/// <param name="PeakBytes">Highest resident memory that was seen.</param>
internal sealed record JobSample(double CpuSeconds, long PeakBytes);

/// <summary>What running jobs were seen to use.</summary>
internal sealed class JobSamples
{
    private readonly ConcurrentDictionary<Guid, JobSample> samples = [];

    /// <returns>The job's use up to now; null when it has just ended.</returns>
    public JobSample? See(Guid execution, JobProcessGroup group)
    {
        if (JobProcesses.Usage(group) is not var (cpu, resident))
        {
            return null;
        }

        return samples.AddOrUpdate(
            execution, new JobSample(cpu.TotalSeconds, resident),
            (_, before) => new JobSample(Math.Max(before.CpuSeconds, cpu.TotalSeconds), Math.Max(before.PeakBytes, resident)));
    }

    /// <summary>The last sample, which is then forgotten.</summary>
    public JobSample? Take(Guid execution) => samples.TryRemove(execution, out var sample) ? sample : null;
}
