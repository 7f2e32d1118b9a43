using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Collects what is wrong with the fields of a body, so that a form can show all of it at once.</summary>
internal sealed partial class ScheduleFields(ScheduleLimits limits)
{
    private const int MostVariables = 100;
    private const int MostParametersBytes = 64 * 1024;
    private readonly Dictionary<string, string[]> errors = new(StringComparer.Ordinal);

    public Refusal? Refusal => errors.Count == 0 ? null : ScheduleRefusals.InvalidFields(errors);

    public void Wrong(string field, string message) => errors.TryAdd(field, [message]);

    public void Name(string? name)
    {
        if (name is null || !NamePattern().IsMatch(name))
        {
            Wrong("name", "A schedule's name begins with a letter or digit and has 1 to 128 letters, digits, dots, underscores and hyphens.");
        }
        else if (name == "preview")
        {
            Wrong("name", "A schedule cannot be called preview: that is an address of its own.");
        }
    }

    public void Experiment(string? name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 250 || name.Any(char.IsControl))
        {
            Wrong("experiment", "An experiment's name has 1 to 250 characters, none of them a control character.");
        }
    }

    public void Description(string? text)
    {
        if (text is { Length: > 5000 })
        {
            Wrong("description", "A description has at most 5,000 characters.");
        }
    }

    /// <returns>When it is due; null when something is wrong.</returns>
    public CronSchedule? When(string? cron, string? timeZone)
    {
        var parsed = CronSchedule.Parse(cron, timeZone);
        foreach (var (field, messages) in parsed.Refusal?.Errors ?? new Dictionary<string, string[]>())
        {
            errors.TryAdd(field, messages);
        }

        return parsed.IsRefused ? null : parsed.Value;
    }

    /// <returns>A JSON object.</returns>
    public string Parameters(JsonElement? parameters)
    {
        var text = parameters is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given ? given.GetRawText() : "{}";
        if (parameters is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined) } || Encoding.UTF8.GetByteCount(text) > MostParametersBytes)
        {
            Wrong("parameters", $"Parameters are a JSON object of at most {MostParametersBytes} bytes.");
        }

        return text;
    }

    /// <returns>A JSON object of texts.</returns>
    public string Variables(IReadOnlyDictionary<string, string>? variables)
    {
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
        {
            if (!VariablePattern().IsMatch(name) || name.StartsWith("SLIPWAY_", StringComparison.Ordinal) || name is "PATH" or "HOME" or "PYTHONPATH" || name.StartsWith("LD_", StringComparison.Ordinal))
            {
                Wrong("variables", $"The variable {(name.Length <= 100 && !name.Any(char.IsControl) ? $"'{name}'" : "of this name")} cannot be set. Names are letters, digits and underscores; PATH, HOME, PYTHONPATH, LD_… and SLIPWAY_… are the server's.");
            }
            else if (value is null || value.Length > 8192 || value.Contains('\0', StringComparison.Ordinal))
            {
                Wrong("variables", $"The variable '{name}' has a text of at most 8,192 characters as its value.");
            }
        }

        if (variables?.Count > MostVariables)
        {
            Wrong("variables", $"There are at most {MostVariables} variables.");
        }

        return JsonSerializer.Serialize(new Dictionary<string, string>(variables ?? new Dictionary<string, string>()), SchedulesJson.Default.DictionaryStringString);
    }

    public TimeSpan Duration(string field, double seconds, TimeSpan least, TimeSpan most)
    {
        if (seconds >= least.TotalSeconds && seconds <= most.TotalSeconds)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        Wrong(field, $"{field} must be between {least.TotalSeconds:0} and {most.TotalSeconds:0}.");
        return least;
    }

    public void Resources(double cpuCores, int memoryMib)
    {
        if (!(cpuCores > 0) || cpuCores > limits.CpuCores)
        {
            Wrong("cpu_cores", $"cpu_cores must be above 0 and at most {limits.CpuCores}, the cores of this machine.");
        }

        if (memoryMib < ScheduleLimits.LeastMemoryMib || memoryMib > limits.MemoryMib)
        {
            Wrong("memory_mib", $"memory_mib must be at least {ScheduleLimits.LeastMemoryMib} and at most {limits.MemoryMib}, the memory of this machine.");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex VariablePattern();
}

/// <summary>What one job may have on this machine.</summary>
internal sealed record ScheduleLimits(double CpuCores, int MemoryMib)
{
    public const int LeastMemoryMib = 32;
    public const double DefaultCpuCores = 1;
    public const int DefaultMemoryMib = 1024;
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(30);
    public static readonly TimeSpan LongestGrace = TimeSpan.FromDays(7);

    public static ScheduleLimits OfThisMachine { get; } = new(Environment.ProcessorCount, (int)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20));
}
