using Slipway.Server.Platform;

namespace Slipway.Server.Packages;

/// <summary>What a package was taken for.</summary>
/// <param name="Detected">truss, python_file, estimator, onnx, command or unknown.</param>
/// <param name="Kind">What the runner calls it: truss, file, estimator, onnx or command.</param>
/// <param name="Module">The file that the runner loads.</param>
/// <param name="Class">Truss only.</param>
/// <param name="NotRunnable">Why it cannot run; null: it can.</param>
internal sealed record PackageShape(string Detected, string Kind, string Module, string? Class, string? NotRunnable)
{
    /// <summary>Which runtime serves it.</summary>
    public string Runtime => Detected is "onnx" or "command" ? Detected : "python";

    public static PackageShape Unknown(string why) => new("unknown", "", "", null, why);
}

/// <summary>Decides what a package is; facts in, decision out.</summary>
internal static class Detection
{
    /// <summary>What unpickling an estimator of scikit-learn usually imports; a warm parent that has them loads in a fraction of the time.</summary>
    public static readonly string[] EstimatorImports =
        ["joblib", "numpy", "sklearn", "sklearn.pipeline", "sklearn.linear_model", "sklearn.ensemble", "sklearn.preprocessing"];

    private static readonly string[] TrussMethods = ["predict", "chat_completions", "completions", "embeddings", "messages", "responses"];

    /// <param name="parsed">What the Python files say; null: nobody could look.</param>
    public static Result<PackageShape> Run(PackageFiles files, bool hasConfig, PackageConfig config, IReadOnlyDictionary<string, PythonFile>? parsed)
    {
        if (config.Runtime == "onnx")
        {
            return Onnx(files, config) ?? PackageRefusals.Bad("missing_model_file", "config.yaml", "the runtime is onnx, and the package holds no .onnx file.");
        }

        if (config.Command is { } program)
        {
            return program.Command is ["python" or "python3", var script, ..] && script.EndsWith(".py", StringComparison.Ordinal) && !files.Has(InspectPackage.Relative(script))
                ? PackageRefusals.Bad("missing_model_file", script, "the command of config.yaml starts this file, and it is missing.")
                : new PackageShape("command", "command", "", null, null);
        }

        if (config.Runtime != "python")
        {
            return PackageShape.Unknown($"Its config.yaml asks for the runtime {config.Runtime}, which this server does not have; it has python, onnx and command.");
        }

        if (files.Has(config.ModelFile))
        {
            return Truss(config, parsed?.GetValueOrDefault(config.ModelFile), parsed is not null);
        }

        if (config.Json.ContainsKey("docker_server"))
        {
            return PackageShape.Unknown("Its config.yaml describes a server in a container (docker_server), which this server does not run.");
        }

        var found = PythonFile(files, parsed) ?? Onnx(files, config) ?? Estimator(files);
        if (found is not null)
        {
            return found.Value;
        }

        return hasConfig ? PackageRefusals.MissingModule(config.ModelFile) : PackageShape.Unknown(WhyUnknown(files));
    }

    private static Result<PackageShape> Truss(PackageConfig config, PythonFile? file, bool looked)
    {
        var shape = new PackageShape("truss", "truss", config.ModelFile, config.ModelClass, null);
        if (!looked)
        {
            return shape;
        }

        if (file is null)
        {
            return PackageRefusals.Bad("missing_model_class", config.ModelFile, "it is too large to be looked at.");
        }

        if (file.ErrorLine is { } line)
        {
            return PackageRefusals.SyntaxError(config.ModelFile, line, file.Error!);
        }

        if (file.Classes.TryGetValue(config.ModelClass, out var model))
        {
            return model.Derived || model.Methods.Intersect(TrussMethods, StringComparer.Ordinal).Any()
                ? shape
                : PackageRefusals.MissingPredict(config.ModelFile, config.ModelClass);
        }

        return file.Star || file.Names.Contains(config.ModelClass) ? shape : PackageRefusals.MissingClass(config.ModelFile, config.ModelClass);
    }

    /// <summary>A .py at the top with a function predict.</summary>
    /// <returns>Null: there is none.</returns>
    private static Result<PackageShape>? PythonFile(PackageFiles files, IReadOnlyDictionary<string, PythonFile>? parsed)
    {
        var top = files.All.Select(f => f.Path).Where(p => !p.Contains('/', StringComparison.Ordinal) && p.EndsWith(".py", StringComparison.Ordinal)).ToList();
        if (parsed is null)
        {
            return top is [var only] ? Shape(only) : (Result<PackageShape>?)null;
        }

        if (top.Where(parsed.ContainsKey).FirstOrDefault(p => parsed[p].ErrorLine is not null && (top.Count == 1 || p == "model.py")) is { } broken)
        {
            return PackageRefusals.SyntaxError(broken, parsed[broken].ErrorLine!.Value, parsed[broken].Error!);
        }

        var withPredict = top.Where(p => parsed.TryGetValue(p, out var file) && file.Names.Contains("predict")).ToList();
        return withPredict switch
        {
            [] => (Result<PackageShape>?)null,
            [var one] => Shape(one),
            _ when withPredict.Contains("model.py") => Shape("model.py"),
            _ => PackageShape.Unknown($"Several files have a function predict ({string.Join(", ", withPredict)}); keep it in one, or name that file model.py."),
        };

        static Result<PackageShape> Shape(string path) => new PackageShape("python_file", "file", path, null, null);
    }

    /// <summary>The one .onnx file, or the one that config.yaml names as model_file.</summary>
    private static Result<PackageShape>? Onnx(PackageFiles files, PackageConfig config)
    {
        var models = files.All.Select(f => f.Path).Where(p => HasExtension(p, ".onnx")).ToList();
        if (config.OnnxFile is { } named)
        {
            return files.Has(named) ? Shape(named) : PackageRefusals.Bad("missing_model_file", named, "config.yaml names this file as model_file, and it is missing.");
        }

        return models switch
        {
            [] => (Result<PackageShape>?)null,
            [var one] => Shape(one),
            _ => PackageShape.Unknown($"There are several ONNX models ({string.Join(", ", models.Take(5))}); name one as model_file in config.yaml."),
        };

        static Result<PackageShape> Shape(string path) => new PackageShape("onnx", "onnx", path, null, null);
    }

    private static Result<PackageShape>? Estimator(PackageFiles files)
    {
        var estimators = files.All.Select(f => f.Path).Where(p => HasExtension(p, ".joblib", ".pkl", ".pickle")).ToList();
        return estimators switch
        {
            [] => (Result<PackageShape>?)null,
            [var one] => new PackageShape("estimator", "estimator", one, null, null),
            _ => PackageShape.Unknown($"There are several pickled files ({string.Join(", ", estimators.Take(5))}) and no code that says which is the model; add a Python file with a function predict."),
        };
    }

    private static string WhyUnknown(PackageFiles files)
    {
        var paths = files.All.Select(f => f.Path).ToList();
        var roots = paths.Select(p => p.Split('/')[0]).Distinct(StringComparer.Ordinal).ToList();
        if (roots is [var folder] && paths.Exists(p => p == $"{folder}/config.yaml" || p == $"{folder}/model/model.py"))
        {
            return $"Everything is inside the folder {folder}; make the archive from inside it, so that config.yaml is at its top.";
        }

        if (paths.Contains("MLmodel"))
        {
            return "It is an MLflow model directory, which this server does not run yet.";
        }

        if (paths.Find(p => HasExtension(p, ".pt", ".pth", ".ckpt", ".safetensors", ".h5", ".keras", ".bin", ".npz", ".weights")) is { } weights
            && !paths.Exists(p => HasExtension(p, ".py")))
        {
            return $"{weights} holds weights, such as a state_dict, and nothing says which code runs them. Add model/model.py with a class Model that builds the network and loads the file.";
        }

        return paths.Exists(p => HasExtension(p, ".py"))
            ? "No Python file at its top has a function predict, and there is no model/model.py with a class Model."
            : "It has no code with predict or a class Model, and no pickled estimator.";
    }

    private static bool HasExtension(string path, params string[] extensions) =>
        extensions.Any(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
