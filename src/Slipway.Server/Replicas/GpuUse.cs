using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>How busy the GPUs of this machine are, as NVIDIA's own tool says. On a machine without GPUs it does nothing.</summary>
internal sealed partial class GpuUse(Gpus gpus, IOptions<RuntimesOptions> options, TimeProvider time, ILogger<GpuUse> logger) : HostedLoop
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private ImmutableDictionary<int, double> current = ImmutableDictionary<int, double>.Empty;

    /// <param name="devices">Indexes with commas, as <see cref="GpuDevices"/> gave them; null: none.</param>
    /// <returns>Mean use in percent, 0 to 100; null: there are none, or nobody knows.</returns>
    public double? Of(string? devices)
    {
        if (devices is null)
        {
            return null;
        }

        var known = Volatile.Read(ref current);
        var own = devices.Split(',').Select(i => known.TryGetValue(int.Parse(i, CultureInfo.InvariantCulture), out var used) ? used : (double?)null).ToList();
        return own.TrueForAll(u => u is not null) ? own.Average() : null;
    }

    /// <summary>Reads lines of <c>index, percent</c>; a device that does not tell (<c>[N/A]</c>) is left out.</summary>
    internal static ImmutableDictionary<int, double> Read(string output)
    {
        var read = ImmutableDictionary.CreateBuilder<int, double>();
        foreach (var line in output.Split('\n'))
        {
            if (line.Split(',', StringSplitOptions.TrimEntries) is [var index, var percent]
                && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var device)
                && double.TryParse(percent, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var used) && used <= 100)
            {
                read[device] = used;
            }
        }

        return read.ToImmutable();
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        if (gpus.All.IsEmpty)
        {
            return;
        }

        var said = false;
        using var timer = new PeriodicTimer(Pace, time);
        do
        {
            var wrong = await AskAsync(stoppingToken);
            if (wrong is not null && !said)
            {
                LogUnknown(wrong);
            }

            said = wrong is not null;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <returns>Why nothing is known; null: it is.</returns>
    private async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Spawn.RunAsync(
                new SpawnRequest { Program = options.Value.GpuTool, Arguments = ["--query-gpu=index,utilization.gpu", "--format=csv,noheader,nounits"], WorkingFolder = "/" }, Longest, cancellationToken);
            Volatile.Write(ref current, answer.Succeeded ? Read(answer.Output) : ImmutableDictionary<int, double>.Empty);
            return answer.Succeeded ? null : answer.TimedOut ? "it took too long" : $"it ended with {answer.ExitCode}";
        }
        catch (Exception exception) when (exception is IOException or System.ComponentModel.Win32Exception or UnauthorizedAccessException)
        {
            Volatile.Write(ref current, ImmutableDictionary<int, double>.Empty);
            return exception.Message;
        }
    }

    [LoggerMessage(LogLevel.Warning, "How busy the GPUs are is not known, so targets for them decide nothing: {Reason}")]
    private partial void LogUnknown(string reason);
}
