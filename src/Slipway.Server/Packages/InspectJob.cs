using System.Text.Json.Nodes;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Packages;

/// <summary>What looking at a job's package found.</summary>
/// <param name="Command">Program and arguments; <c>python</c> is the interpreter of its environment.</param>
/// <param name="Variables">What <c>environment_variables</c> of its config.yaml says; names that it may not set are left out, with a warning.</param>
internal sealed record JobFacts(
    IReadOnlyList<string> Command, string BaseImage, IReadOnlyList<string> Requirements, PackageResources Resources, IReadOnlyDictionary<string, string> Variables,
    IReadOnlyList<string> Warnings);

/// <summary>Looks at a package folder with a command: <c>job.command</c> of its config.yaml, else a file <c>train.py</c>. Nothing of it runs.</summary>
internal sealed class InspectJob(BaseImages images)
{
    /// <param name="baseImage">Null: what config.yaml names, else <c>python</c>. Nothing falls back silently.</param>
    /// <returns>What was found, or 400: bad_config, bad_requirements, job_command_missing, job_file_missing, unknown_base_image or base_image_unusable.</returns>
    public async Task<Result<JobFacts>> RunAsync(PackageFiles files, string? baseImage, CancellationToken cancellationToken)
    {
        var read = await InspectPackage.ReadConfigAsync(files, cancellationToken);
        if (read.Refusal is { } refusal)
        {
            return refusal;
        }

        var config = read.Value.Config;
        if ((config.Job ?? (files.Has("train.py") ? ["python", "train.py"] : null)) is not { } command)
        {
            return PackageRefusals.JobCommandMissing();
        }

        if (command is ["python" or "python3", var script, ..] && script.EndsWith(".py", StringComparison.Ordinal) && !files.Has(InspectPackage.Relative(script)))
        {
            return PackageRefusals.JobFileMissing(script);
        }

        var warnings = new List<string>(config.Warnings);
        var requirements = await InspectPackage.RequirementsAsync(files, config, "job", warnings, cancellationToken);
        if (requirements.Refusal is { } wrong)
        {
            return wrong;
        }

        var image = await ChooseImageAsync(baseImage ?? config.BaseImage ?? BaseImages.Python, cancellationToken);
        return image.Refusal is { } no ? no : new JobFacts(command, image.Value, requirements.Value, config.Resources, VariablesOf(config), warnings);
    }

    private static Dictionary<string, string> VariablesOf(PackageConfig config)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in config.Json["environment_variables"] as JsonObject ?? [])
        {
            if (Runtimes.VariableNames.Wrong(name) is null && value is null or JsonValue)
            {
                variables[name] = value is JsonValue text && text.TryGetValue<string>(out var plain) ? plain : value?.ToJsonString() ?? "";
            }
        }

        return variables;
    }

    private async Task<Result<string>> ChooseImageAsync(string name, CancellationToken cancellationToken)
    {
        var all = (await images.AllAsync(cancellationToken)).Where(i => i.Runtime == "python").ToList();
        var usable = all.Where(i => i.Usable).Select(i => i.Name);
        return all.Find(i => i.Name == name) switch
        {
            null => PackageRefusals.UnknownBaseImage(name.Length > 100 ? "of that name" : name, usable),
            { Usable: false } image => PackageRefusals.UnusableBaseImage(name, image.Problem, usable),
            _ => name,
        };
    }
}
