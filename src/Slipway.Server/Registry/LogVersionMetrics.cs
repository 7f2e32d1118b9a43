using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Adds validation metrics to a version, or takes one away. Training metrics are the run's and stay as they are.</summary>
internal sealed class LogVersionMetrics(EditVersion edit)
{
    private const int MostInOneCall = 1000;

    /// <returns>The version as it now is, <c>invalid_field</c>, <c>too_many_metrics</c>, or a refusal of <see cref="EditVersion"/>.</returns>
    public async Task<Result<ModelVersionInfo>> LogAsync(VersionAddress which, LogVersionMetricsRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (request.Metrics is null or { Count: 0 or > MostInOneCall } || request.Metrics.Keys.Any(key => !IsKey(key)))
        {
            return RegistryRefusals.BadMetrics();
        }

        if (request.Step < 0)
        {
            return Refusal.Field("step", "A step is 0 or above.");
        }

        return await edit.RunAsync(which, by, "version.metrics_logged", (found, token) => LogAsync(found, request, token), cancellationToken);
    }

    /// <returns>The version as it now is, <c>metric_not_found</c>, or a refusal of <see cref="EditVersion"/>.</returns>
    public Task<Result<ModelVersionInfo>> DeleteAsync(VersionAddress which, string key, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
        which, by, "version.metric_deleted",
        async (found, token) =>
        {
            var metric = await found.Db.Set<VersionMetric>()
                .SingleOrDefaultAsync(m => m.VersionId == found.Version.Id && m.Namespace == MetricNamespace.Validation && m.Key == key, token);
            if (metric is null)
            {
                return RegistryRefusals.MetricNotFound(key);
            }

            found.Db.Remove(metric);
            found.Version.Edited(found.Now);
            return new AuditedEdit(Audited([new(key, metric.Number)], metric.Step), null);
        },
        cancellationToken);

    public static bool IsKey(string key) => !string.IsNullOrWhiteSpace(key) && key.Length <= VersionMetric.LongestKey && !key.Any(char.IsControl);

    private static async Task<Result<AuditedEdit?>> LogAsync(VersionEdit found, LogVersionMetricsRequest request, CancellationToken cancellationToken)
    {
        var (db, _, version, now) = found;
        var there = await db.Set<VersionMetric>().Where(m => m.VersionId == version.Id && m.Namespace == MetricNamespace.Validation)
            .ToDictionaryAsync(m => m.Key, StringComparer.Ordinal, cancellationToken);
        foreach (var (key, value) in request.Metrics)
        {
            if (!there.TryGetValue(key, out var metric))
            {
                there[key] = metric = new VersionMetric { VersionId = version.Id, Namespace = MetricNamespace.Validation, Key = key };
                db.Add(metric);
            }

            if (!metric.Log(request.Step, value, now))
            {
                return RegistryRefusals.TooManyPoints(key);
            }
        }

        if (there.Count > VersionMetric.Most)
        {
            return RegistryRefusals.TooManyMetrics();
        }

        version.Edited(now);
        return new AuditedEdit(null, Audited(request.Metrics, request.Step));
    }

    /// <summary>The first few, so that an entry stays short.</summary>
    private static string Audited(IEnumerable<KeyValuePair<string, double>> metrics, long step)
    {
        const int shown = 20;
        var all = metrics.ToList();
        var entry = all.Take(shown).ToDictionary(m => m.Key, m => m.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        entry["step"] = $"{step}";
        if (all.Count > shown)
        {
            entry["…"] = $"{all.Count - shown} more";
        }

        return JsonSerializer.Serialize(entry, ContractsJson.Default.DictionaryStringString);
    }
}
