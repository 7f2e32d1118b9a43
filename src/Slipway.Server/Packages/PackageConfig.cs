using System.Text.Json.Nodes;
using Slipway.Contracts;

namespace Slipway.Server.Packages;

/// <summary>The fields of a config.yaml that mean something here, with Truss's defaults; the others are kept and reported.</summary>
/// <param name="Json">All of it.</param>
/// <param name="Runtime">python unless <c>runtime</c> is a word.</param>
/// <param name="BaseImage">Null: not said.</param>
/// <param name="OnnxFile">The ONNX model among several; null: not said.</param>
/// <param name="Signature">What it declares of tensors; null: nothing.</param>
/// <param name="Requirements">Null: not said (a requirements.txt may be there).</param>
/// <param name="Job">Command of a training job: program and arguments; null: not said.</param>
/// <param name="Command">The program of the runtime <c>command</c>; null of any other.</param>
internal sealed record PackageConfig(
    JsonObject Json, string Runtime, string? BaseImage, IReadOnlyList<string>? Requirements, string? RequirementsFile, string ModelFile, string ModelClass,
    string? OnnxFile, int PredictConcurrency, bool? Batch, int MaxBatch, bool Fork, PackageResources Resources, JsonNode? ExampleInput, ModelSignatureInfo? Signature,
    IReadOnlyList<string>? Job, CommandConfig? Command, IReadOnlyList<string> Warnings)
{
    public const int DefaultMaxBatch = 64;

    /// <summary>Fields that Truss knows and that do nothing here, with what to do instead where there is something.</summary>
    private static readonly Dictionary<string, string> KeptOnly = new()
    {
        ["system_packages"] = "nothing is installed on the machine; choose a base image that has them",
        ["external_data"] = "put the files into the package",
        ["weights"] = "put the files into the package",
        ["build_commands"] = "nothing of the package runs at build time",
        ["docker_server"] = "there are no containers here",
        ["python_version"] = "the base image decides the Python version",
    };

    /// <summary>Fields that are used, or that carry only words for people.</summary>
    private static readonly HashSet<string> Known =
    [
        "model_name", "description", "model_metadata", "requirements", "requirements_file", "base_image", "runtime", "model_module_dir", "model_class_filename",
        "model_class_name", "model_file", "model_type", "signature", "batch", "max_batch", "fork", "data_dir", "bundled_packages_dir", "resources", "job", "environment_variables", "secrets",
        "command", "http",
    ];

    public static PackageConfig Empty { get; } = Read([], []);

    /// <exception cref="YamlConfigException">A known field has a wrong type or value.</exception>
    public static PackageConfig Read(JsonObject json, Dictionary<string, int> lines)
    {
        var fields = new Fields(json, lines);
        var warnings = new List<string>();
        foreach (var name in json.Select(p => p.Key).Where(name => !Known.Contains(name)))
        {
            warnings.Add(KeptOnly.TryGetValue(name, out var instead) ? $"{name} is kept but does nothing here: {instead}." : $"{name} is not a field known here; it is kept and does nothing.");
        }

        var runtime = json["runtime"] is JsonObject ? "python" : fields.Text("runtime") ?? "python";
        if (json["base_image"] is JsonObject)
        {
            warnings.Add("base_image names a container image; it is kept but does nothing here: choose a base image with --base-image.");
        }

        foreach (var name in (json["runtime"] as JsonObject)?.Select(p => p.Key).Where(name => name != "predict_concurrency") ?? [])
        {
            warnings.Add($"runtime.{name} is kept but does nothing here{(name == "health_checks" ? ": the deployment says how its replicas are watched (slipway deployments health)" : "")}.");
        }

        foreach (var (name, value) in (fields.Mapping("resources") ?? []).Where(p => p.Key is not ("cpu" or "memory")))
        {
            // "use_gpu: false" and an empty accelerator ask for nothing.
            if (value is not null && value.ToJsonString() is not ("false" or "\"\""))
            {
                warnings.Add($"resources.{name} is kept but does nothing here: the deployment says what GPUs its replicas get (gpu_count and gpu_type).");
            }
        }

        foreach (var (name, value) in fields.Mapping("environment_variables") ?? [])
        {
            if (Runtimes.VariableNames.Wrong(name) is { } wrong)
            {
                warnings.Add($"environment_variables: {wrong} It is not set.");
            }
            else if (value is JsonObject or JsonArray)
            {
                warnings.Add($"environment_variables.{name} is not a single value; it is not set.");
            }
        }

        foreach (var (name, value) in fields.Mapping("secrets") ?? [])
        {
            if (Runtimes.VariableNames.Wrong(name) is { } wrong)
            {
                warnings.Add($"secrets: {wrong} It is not passed on.");
            }
            else if (value is JsonValue said && said.TryGetValue<string>(out var text) && text.Length > 0)
            {
                warnings.Add($"secrets.{name} has a value in config.yaml, which everybody can read who reads the package; it is not used. Set the secret in the environment, and take it out here.");
            }
        }

        return new PackageConfig(
            json, runtime, json["base_image"] is JsonObject ? null : fields.Text("base_image"), fields.Texts("requirements"), fields.Text("requirements_file"),
            $"{fields.Text("model_module_dir") ?? "model"}/{fields.Text("model_class_filename") ?? "model.py"}", fields.Text("model_class_name") ?? "Model",
            fields.Text("model_file") is { } file ? (file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file) : null,
            fields.Number("runtime.predict_concurrency", 1, 1000) ?? 1, fields.Flag("batch"), fields.Number("max_batch", 1, 4096) ?? DefaultMaxBatch,
            fields.Flag("fork") ?? true, fields.Resources(), fields.Mapping("model_metadata")?["example_model_input"]?.DeepClone(), fields.Signature(), fields.Job(), runtime == "command" ? fields.Program() : null, warnings);
    }

    private sealed class Fields(JsonObject json, Dictionary<string, int> lines)
    {
        public string? Text(string name) => json[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue<string>(out var text) && text.Length is > 0 and <= 1000 => text,
            _ => throw Wrong(name, "is text"),
        };

        public ModelSignatureInfo? Signature() => DeclaredTensors.Read(json, should => Wrong("signature", should));

        public bool? Flag(string name) => json[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
            _ => throw Wrong(name, "is true or false"),
        };

        /// <param name="path">At most one dot.</param>
        public int? Number(string path, int least, int most)
        {
            var parts = path.Split('.');
            var node = parts is [var outer, var inner] ? (json[outer] as JsonObject)?[inner] : json[path];
            return node switch
            {
                null => null,
                JsonValue value when value.TryGetValue<long>(out var number) && number >= least && number <= most => (int)number,
                _ => throw Wrong(path, $"is a whole number from {least} to {most}"),
            };
        }

        public JsonObject? Mapping(string name) => json[name] switch
        {
            null => null,
            JsonObject mapping => mapping,
            _ => throw Wrong(name, "is a mapping"),
        };

        public PackageResources Resources()
        {
            var resources = Mapping("resources");
            return new PackageResources(
                resources?["cpu"] is { } cpu ? PackageResources.Cpu(cpu) ?? throw Wrong("resources.cpu", PackageResources.CpuForm) : null,
                resources?["memory"] is { } memory ? PackageResources.Memory(memory) ?? throw Wrong("resources.memory", PackageResources.MemoryForm) : null);
        }

        public CommandConfig Program()
        {
            var http = Mapping("http");
            return new CommandConfig(
                Line(json["command"], "command") ?? throw Wrong("command", "is missing: the runtime command needs the program to start"), Place(http, "predict_path") ?? "/", Place(http, "health_path"),
                Number("http.health_interval_s", 1, 300), Number("http.predict_concurrency", 1, 1000) ?? CommandConfig.DefaultConcurrency);
        }

        private string? Place(JsonObject? http, string name) => http?[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue<string>(out var text) && CommandConfig.IsPath(text) => text,
            _ => throw Wrong($"http.{name}", "is a path such as /health"),
        };

        /// <summary>A list is program and arguments, a text is a line for the shell.</summary>
        private IReadOnlyList<string>? Line(JsonNode? node, string path) => node switch
        {
            null => null,
            JsonArray { Count: > 0 and <= 200 } list when list.All(i => i is JsonValue value && value.TryGetValue<string>(out var text) && text.Length is > 0 and <= 4000) =>
                [.. list.Select(i => i!.GetValue<string>())],
            JsonValue value when value.TryGetValue<string>(out var line) && line.Trim().Length is > 0 and <= 4000 => ["/bin/sh", "-c", line],
            _ => throw Wrong(path, "is a list of texts (program and arguments), or one line for the shell"),
        };

        /// <summary><c>job.command</c>: a list is program and arguments, a text is a line for the shell.</summary>
        public IReadOnlyList<string>? Job() => Line(Mapping("job")?["command"], "job.command")
            ?? (json["job"] is null ? null : throw Wrong("job", "has a command: a list of texts (program and arguments), or one line for the shell"));

        public IReadOnlyList<string>? Texts(string name) => json[name] switch
        {
            null => null,
            JsonArray list when list.All(i => i is JsonValue value && value.TryGetValue<string>(out _)) => [.. list.Select(i => i!.GetValue<string>())],
            _ => throw Wrong(name, "is a list of texts"),
        };

        private YamlConfigException Wrong(string path, string should) =>
            new(lines.TryGetValue(path, out var line) ? line : null, $"the field {path} {should}.");
    }
}
