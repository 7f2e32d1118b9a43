using Slipway.Server.Platform;

namespace Slipway.Server.Packages;

/// <summary>Every way in which a package or a build is refused.</summary>
internal static class PackageRefusals
{
    /// <param name="where">File, and line when there is one: <c>config.yaml, line 3</c>.</param>
    public static Refusal Bad(string code, string where, string what) => Refusal.BadRequest(code, $"{where}: {what}");

    public static Refusal BadConfig(int? line, string what) => Bad("bad_config", line is { } number ? $"config.yaml, line {number}" : "config.yaml", what);

    public static Refusal MissingModule(string path) =>
        Bad("missing_model_file", path, "this file is missing; a Truss package has its class Model there (or names another in model_module_dir and model_class_filename).");

    public static Refusal MissingClass(string path, string name) =>
        Bad("missing_model_class", path, $"there is no class {name} in it; define one with the methods load and predict.");

    public static Refusal MissingPredict(string path, string name) => Bad("missing_predict", path, $"class {name} has no method predict.");

    public static Refusal SyntaxError(string path, int line, string message) => Bad("syntax_error", $"{path}, line {line}", message);

    public static Refusal JobCommandMissing() => Refusal.BadRequest(
        "job_command_missing", "This package does not say what to run. Write job: {command: [python, train.py]} into its config.yaml, or call its script train.py.");

    public static Refusal JobFileMissing(string script) => Bad("job_file_missing", "config.yaml", $"the command runs {(script.Length > 200 ? "a script" : script)}, which is not in the package.");

    public static Refusal NotRunnable(string reason) => Refusal.Conflict("not_runnable", $"This version cannot be built: {reason}");

    public static Refusal UnknownBaseImage(string name, IEnumerable<string> usable) => Refusal.BadRequest(
        "unknown_base_image", $"There is no usable base image {name} on this machine. Choose one with --base-image (or base_image in config.yaml): {string.Join(", ", usable)}.");

    public static Refusal UnusableBaseImage(string name, string? problem, IEnumerable<string> usable) => Refusal.BadRequest(
        "base_image_unusable", $"The base image {name} cannot be used here: {problem} Choose another with --base-image: {string.Join(", ", usable)}.");

    /// <param name="code">bad_onnx, unsupported_onnx or onnx_external_data.</param>
    public static Refusal Onnx(string code, string path, string what) => Bad(code, path, what);

    public static Refusal OnnxRuntimeMissing(string? problem) => Refusal.Conflict("onnx_runtime_missing", $"This server cannot take ONNX models: {problem ?? "ONNX Runtime is missing."}");

    public static Refusal OtherRuntime(string name, string runtime) => Refusal.BadRequest(
        "base_image_unusable", $"The base image {name} is not one for this package: its runtime is {runtime}. Leave --base-image out.");

    public static Refusal BuildNotFound() => Refusal.NotFound("build_not_found", "This version has no such build.");
}
