using System.Globalization;
using System.Text.Json;

namespace Slipway.Server.Schedules;

/// <summary>The environment of a job's command, but for its key: docs/schedules.md lists it.</summary>
internal static class JobVariables
{
    /// <param name="package">What its package sets, as a JSON object of texts; the schedule's own come on top.</param>
    public static IReadOnlyDictionary<string, string> Of(
        Execution execution, string schedule, string package, string folder, string interpreter, string? sdk, string address, string runId, string experimentId)
    {
        var threads = Math.Max(1, (int)Math.Ceiling(execution.CpuCores)).ToString(CultureInfo.InvariantCulture);
        var variables = new Dictionary<string, string>
        {
            ["OMP_NUM_THREADS"] = threads, ["OPENBLAS_NUM_THREADS"] = threads, ["MKL_NUM_THREADS"] = threads,
            ["PYTHONUNBUFFERED"] = "1", ["TMPDIR"] = Path.Combine(folder, "work"),
        };
        foreach (var json in new[] { package, execution.VariablesJson })
        {
            foreach (var (name, value) in JsonSerializer.Deserialize(json, SchedulesJson.Default.DictionaryStringString)!)
            {
                variables[name] = value;
            }
        }

        variables["PATH"] = $"{Path.Combine(folder, "bin")}:{Path.GetDirectoryName(interpreter)}:/usr/local/bin:/usr/bin:/bin";
        variables["HOME"] = Path.Combine(folder, "work");
        if (sdk is not null)
        {
            variables["PYTHONPATH"] = sdk;
        }

        variables["SLIPWAY_URL"] = address;
        variables["SLIPWAY_RUN_ID"] = runId;
        variables["SLIPWAY_EXPERIMENT_ID"] = experimentId;
        variables["SLIPWAY_EXPERIMENT"] = execution.Experiment;
        variables["SLIPWAY_SCHEDULE"] = schedule;
        variables["SLIPWAY_EXECUTION"] = execution.Number.ToString(CultureInfo.InvariantCulture);
        variables["SLIPWAY_PARAMETERS"] = execution.ParametersJson;
        variables["SLIPWAY_PARAMETERS_FILE"] = Path.Combine(folder, "parameters.json");
        return variables;
    }
}
