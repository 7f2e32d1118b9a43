using System.Text.RegularExpressions;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Collects what is wrong with the fields of a body, so that a form can show all of it at once.</summary>
internal sealed partial class DeploymentFields(DeploymentLimits limits)
{
    private readonly Dictionary<string, string[]> errors = [];

    public DeploymentLimits Limits => limits;

    public Refusal? Refusal => errors.Count == 0 ? null : DeploymentRefusals.InvalidFields(errors);

    public void Wrong(string field, string message) => errors.TryAdd(field, [message]);

    /// <summary>Takes over what is wrong inside a part of the body.</summary>
    /// <param name="path">Of the part: <c>variants[0]</c>.</param>
    public void Within(string path, DeploymentFields part)
    {
        foreach (var (field, messages) in part.errors)
        {
            errors.TryAdd($"{path}.{field}", messages);
        }
    }

    public void Name(string field, string? name)
    {
        if (name is null || !NamePattern().IsMatch(name))
        {
            Wrong(field, "A name is 1 to 128 letters, digits, dots, underscores or hyphens, and begins with a letter or digit.");
        }
    }

    public void RevisionName(string? name, string field = "revision_name")
    {
        if (name is not null && (name.Length is 0 or > 128 || !RevisionNamePattern().IsMatch(name)))
        {
            Wrong(field, "A revision's name is 1 to 128 letters, digits, dots, underscores or hyphens.");
        }
    }

    public void Text(string field, string? text, int most)
    {
        if (text?.Length > most)
        {
            Wrong(field, $"{field} has {text.Length} characters; at most {most} are kept.");
        }
    }

    public void Replicas(int min, int max)
    {
        if (min < 0)
        {
            Wrong("min_replicas", "min_replicas must be 0 or more; 0 lets an idle deployment go to zero until a request wakes it.");
        }

        if (max < 1 || max > limits.MaxReplicas)
        {
            Wrong("max_replicas", $"max_replicas must be between 1 and {limits.MaxReplicas}.");
        }

        if (min > max)
        {
            Wrong("min_replicas", $"min_replicas ({min}) must not be above max_replicas ({max}).");
        }
    }

    /// <param name="cpuIsAsked">Whether the cores are what the package asks for, not what the request says.</param>
    /// <param name="memoryIsAsked">The same of the memory.</param>
    public void Resources(double cpuCores, int memoryMib, bool cpuIsAsked = false, bool memoryIsAsked = false)
    {
        if (!(cpuCores > 0) || cpuCores > limits.CpuCores)
        {
            Wrong("cpu_cores", $"cpu_cores must be above 0 and at most {limits.CpuCores}, the cores of this machine.{(cpuIsAsked ? $" resources.cpu of the package's config.yaml asks for {cpuCores}; give cpu_cores." : "")}");
        }

        if (memoryMib < DeploymentLimits.LeastMemoryMib || memoryMib > limits.MemoryMib)
        {
            Wrong("memory_mib", $"memory_mib must be at least {DeploymentLimits.LeastMemoryMib} and at most {limits.MemoryMib}, the memory of this machine.{(memoryIsAsked ? $" resources.memory of the package's config.yaml asks for {memoryMib} MiB; give memory_mib." : "")}");
        }
    }

    public LoadBalancing? Balancing(string? text)
    {
        switch (text)
        {
            case null:
                return null;
            case "round_robin":
                return LoadBalancing.RoundRobin;
            case "least_connections":
                return LoadBalancing.LeastConnections;
            case "ip_hash":
                return LoadBalancing.IpHash;
            default:
                Wrong("load_balancing", "load_balancing must be round_robin, least_connections or ip_hash.");
                return null;
        }
    }

    /// <summary>How the updates of a deployment are rolled out.</summary>
    /// <param name="word">Null: as before; empty: as the environment says.</param>
    public PromotionStrategy? Strategy(string? word, PromotionStrategy? before, DeploymentMode mode)
    {
        if (string.IsNullOrEmpty(word))
        {
            return word is null ? before : null;
        }

        var strategy = PromotionSettings.Parse<PromotionStrategy>(word);
        if (strategy is null)
        {
            Wrong("strategy", "strategy must be rolling, blue_green or canary.");
        }
        else if (mode == DeploymentMode.Live)
        {
            Wrong("strategy", "A live deployment is replaced and not rolled out; leave strategy out.");
        }

        return strategy;
    }

    public TimeSpan? Timeout(double? seconds)
    {
        if (seconds is not { } value)
        {
            return null;
        }

        if (value is >= 0.1 and <= 3600)
        {
            return TimeSpan.FromSeconds(value);
        }

        Wrong("timeout_seconds", "timeout_seconds must be between 0.1 and 3600.");
        return null;
    }

    public void Labels(IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null)
        {
            return;
        }

        if (labels.Count > 32 || labels.Any(l => l.Key.Length is 0 or > 64 || l.Value is null || l.Value.Length > 256))
        {
            Wrong("labels", "labels are at most 32 pairs; a key has 1 to 64 characters and a value at most 256.");
        }
    }

    /// <param name="strategy">Beside the settings; they may say it too, but not otherwise.</param>
    public void Rollout(string? strategy, RolloutSettings? settings)
    {
        if (strategy is not null && settings?.Strategy is { } other && other != strategy)
        {
            Wrong("strategy", $"strategy is {strategy} and rollout.strategy is {other}; say one of them.");
        }

        foreach (var (field, message) in RolloutSettingsRules.Check(RolloutSettingsRules.With(strategy, settings)))
        {
            Wrong(field == "strategy" && strategy is not null ? field : $"rollout.{field}", message);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[0-9a-zA-Z_.-]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex RevisionNamePattern();
}

/// <summary>What one replica and one deployment may have on this machine.</summary>
internal sealed record DeploymentLimits(double CpuCores, int MemoryMib, int MaxReplicas)
{
    public const int LeastMemoryMib = 32;

    public static DeploymentLimits OfThisMachine(DeploymentOptions options) => new(
        System.Environment.ProcessorCount, (int)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20), options.MaxReplicas);
}
