using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Packages;

/// <summary>
/// Finds out by content what a package is and whether it can work: a Truss folder, a bare Python file with <c>predict</c>, a bare estimator, an ONNX model. Anything else is
/// registered too, and says why it cannot run. Code is parsed and never run; an estimator is never unpickled here.
/// </summary>
internal sealed class InspectPackage(PythonSource python, OnnxSource onnx, DataFolders folders)
{
    private const int MaxConfigBytes = 1 << 20;

    /// <returns>What was found, or 400: bad_config, bad_requirements, missing_model_file, missing_model_class, missing_predict, syntax_error, or a refusal of <see cref="OnnxSource"/>.</returns>
    public async Task<Result<PackageFacts>> RunAsync(PackageFiles files, CancellationToken cancellationToken)
    {
        var read = await ReadConfigAsync(files, cancellationToken);
        if (read.Refusal is { } refusal)
        {
            return refusal;
        }

        var (text, config) = read.Value;
        var parsed = await python.ParseAsync(files, config.BaseImage, folders.Packages, cancellationToken);
        var warnings = new List<string>(config.Warnings);
        if (parsed is null)
        {
            warnings.Add("No Python interpreter was found on this machine, so the package's code was not checked.");
        }

        var detected = Detection.Run(files, text is not null, config, parsed);
        if (detected.Refusal is { } bad)
        {
            return bad;
        }

        var shape = detected.Value;
        foreach (var (path, file) in (parsed ?? new Dictionary<string, PythonFile>()).Where(f => f.Value.ErrorLine is not null).OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            warnings.Add($"{path}, line {file.ErrorLine}: {file.Error}; importing it would fail.");
        }

        var signature = config.Signature;
        if (shape is { Detected: "onnx", NotRunnable: null })
        {
            var looked = await onnx.InspectAsync(files, shape.Module, cancellationToken);
            if (looked.Refusal is { } unfit)
            {
                return unfit;
            }

            (signature, var odd) = looked.Value;
            shape = shape with { NotRunnable = odd };
        }

        if (signature is null)
        {
            (signature, var unread) = await MlflowSignature.ReadAsync(files, cancellationToken);
            warnings.AddRange(unread is null ? [] : [unread]);
        }

        if (shape is { Detected: "estimator", NotRunnable: null }
            && PickledContent.WhyNoEstimator(await files.HeadAsync(shape.Module, PickledContent.HeadBytes, cancellationToken)) is { } unfitting)
        {
            shape = shape with { NotRunnable = $"{shape.Module} {unfitting}" };
        }

        var requirements = await RequirementsAsync(files, config, shape.Detected, warnings, cancellationToken);
        if (requirements.Refusal is { } wrong)
        {
            return wrong;
        }

        return new PackageFacts
        {
            Detected = shape.Detected, Runtime = shape.NotRunnable is null ? shape.Runtime : null, Runnable = shape.NotRunnable is null, NotRunnableReason = shape.NotRunnable,
            Warnings = warnings, Requirements = requirements.Value, ConfigText = text, ConfigJson = text is null ? null : config.Json.ToJsonString(),
            ExampleInput = config.ExampleInput?.ToJsonString() ?? await ExampleAsync(files, cancellationToken)
                ?? (shape is { NotRunnable: null, Runtime: "onnx" } && signature is not null ? SampleInput.Of(signature)?.ToJsonString() : null),
            SignatureJson = signature is null ? null : JsonSerializer.Serialize(signature, ContractsJson.Default.ModelSignatureInfo),
            RunnerJson = shape.NotRunnable is null ? JsonSerializer.Serialize(Plan(config, shape, files, parsed), PackagesJson.Default.RunnerPlan) : null,
        };
    }

    /// <summary>Its config.yaml; an empty one when there is none.</summary>
    public static async Task<Result<(string? Text, PackageConfig Config)>> ReadConfigAsync(PackageFiles files, CancellationToken cancellationToken)
    {
        if (!files.Has("config.yaml"))
        {
            return (null, PackageConfig.Empty);
        }

        if (await files.TextAsync("config.yaml", MaxConfigBytes, cancellationToken) is not { } text || text.Contains('\0', StringComparison.Ordinal))
        {
            return PackageRefusals.BadConfig(null, "it is not UTF-8 text of at most 1 MiB.");
        }

        try
        {
            var lines = new Dictionary<string, int>(StringComparer.Ordinal);
            return (text, PackageConfig.Read(YamlConfig.Parse(text, lines), lines));
        }
        catch (YamlConfigException exception)
        {
            return PackageRefusals.BadConfig(exception.Line, exception.Message);
        }
    }

    /// <param name="detected">As <see cref="PackageShape.Detected"/>, or <c>job</c>.</param>
    public static async Task<Result<List<string>>> RequirementsAsync(
        PackageFiles files, PackageConfig config, string detected, List<string> warnings, CancellationToken cancellationToken)
    {
        var where = "config.yaml";
        List<string> lines;
        if (config.Requirements is { } listed)
        {
            lines = [.. listed.Select(Packages.Requirements.Clean).Where(l => l.Length > 0)];
        }
        else if ((config.RequirementsFile ?? (detected != "truss" && files.Has("requirements.txt") ? "requirements.txt" : null)) is { } file)
        {
            file = Relative(file);
            where = file;
            if (!files.Has(file) || await files.TextAsync(file, MaxConfigBytes, cancellationToken) is not { } text)
            {
                return PackageRefusals.Bad("bad_requirements", file, "the requirements file is missing, or not UTF-8 text of at most 1 MiB.");
            }

            lines = [.. Packages.Requirements.Parse(text)];
        }
        else
        {
            if (detected == "estimator")
            {
                warnings.Add("There is no requirements.txt: joblib and scikit-learn are assumed. Pin the versions that the estimator was trained with.");
                return new List<string> { "joblib", "scikit-learn" };
            }

            lines = [];
        }

        if (lines.Count > Packages.Requirements.MaxCount)
        {
            return PackageRefusals.Bad("bad_requirements", where, $"there are more than {Packages.Requirements.MaxCount} requirements.");
        }

        return lines.FirstOrDefault(l => l.Length > 500 || l.Any(char.IsControl)) is { } odd
            ? PackageRefusals.Bad("bad_requirements", where, $"a requirement has more than 500 characters or holds a control character: {odd[..Math.Min(40, odd.Length)].Trim()}…")
            : lines;
    }

    /// <summary>The input example beside a model, as MLflow keeps it, where config.yaml has none.</summary>
    private static async Task<string?> ExampleAsync(PackageFiles files, CancellationToken cancellationToken)
    {
        const string file = "input_example.json";
        if (!files.Has(file) || await files.TextAsync(file, MaxConfigBytes, cancellationToken) is not { } text || JsonGuard.Check(System.Text.Encoding.UTF8.GetBytes(text)) is not null)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(text)?.ToJsonString();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A path of config.yaml as the files of a package have it.</summary>
    public static string Relative(string path) => path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;

    private static RunnerPlan Plan(PackageConfig config, PackageShape shape, PackageFiles files, IReadOnlyDictionary<string, PythonFile>? parsed)
    {
        var model = new JsonObject
        {
            ["kind"] = shape.Kind, ["module"] = shape.Module, ["class"] = shape.Class, ["config"] = config.Json.DeepClone(),
            ["batch"] = config.Batch ?? shape.Detected is "estimator" or "onnx", ["max_batch"] = config.MaxBatch, ["predict_concurrency"] = config.PredictConcurrency, ["fork"] = config.Fork,
        };
        config.Command?.AddTo(model);
        var own = files.All.SelectMany(f => f.Path.Split('/')).Select(s => s.EndsWith(".py", StringComparison.Ordinal) ? s[..^3] : s).ToHashSet(StringComparer.Ordinal);
        var imports = (shape.Detected == "command" ? [] : parsed?.Values.SelectMany(f => f.Imports) ?? [])   // another process imports what a program needs
            .Where(module => !own.Contains(module.Split('.')[0]))
            .Concat(shape.Detected == "estimator" ? Detection.EstimatorImports : [])
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(500);
        return new RunnerPlan(shape.Runtime, config.BaseImage, JsonElement.Parse(model.ToJsonString()), [.. imports], config.Resources);
    }
}
