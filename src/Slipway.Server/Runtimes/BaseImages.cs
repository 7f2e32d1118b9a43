using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Runtimes;

/// <summary>The base images of this machine, probed once, when first asked for.</summary>
internal sealed class BaseImages(IOptions<RuntimesOptions> options, OnnxProgram onnx)
{
    public const string Python = "python";
    public const string PythonSystem = "python-system";
    public const string Onnx = "onnx";

    private readonly Lock gate = new();
    private Task<ImmutableArray<BaseImage>>? probed;

    /// <summary>All of them, usable or not.</summary>
    public Task<ImmutableArray<BaseImage>> AllAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            probed = probed is { IsFaulted: false, IsCanceled: false } ? probed : Task.Run(ProbeAsync, CancellationToken.None);
            return probed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Those found so far: none before the first probe has ended.</summary>
    public ImmutableArray<BaseImage> Known => Volatile.Read(ref probed) is { IsCompletedSuccessfully: true } done ? done.Result : [];

    /// <returns>The image, or null when there is none of this name.</returns>
    public async Task<BaseImage?> FindAsync(string name, CancellationToken cancellationToken) =>
        (await AllAsync(cancellationToken)).FirstOrDefault(i => i.Name == name);

    private async Task<ImmutableArray<BaseImage>> ProbeAsync()
    {
        var settings = options.Value;
        var system = await ProbeAsync(PythonSystem, settings.SystemPython, seesSystemPackages: true);
        return [await ProbePythonAsync(settings, system), system, FindOnnx()];
    }

    /// <summary>Whether program and library are there. They are tried when the first model is looked at: a start pays nothing for them.</summary>
    private BaseImage FindOnnx()
    {
        var image = new BaseImage(Onnx, Onnx, null, null, false, false, null);
        try
        {
            var (library, version) = onnx.Find();
            return image with { Interpreter = library, Version = version, Usable = true };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            return image with { Problem = exception.Message };
        }
    }

    private async Task<BaseImage> ProbePythonAsync(RuntimesOptions settings, BaseImage system)
    {
        var configured = settings.Python ?? OnPath("python3");
        var image = configured is null
            ? new BaseImage(Python, "python", null, null, false, false, "No python3 was found on PATH; set Slipway:Runtimes:Python.")
            : await ProbeAsync(Python, configured, seesSystemPackages: false);
        if (image.Usable || settings.Python is not null || !system.Usable)
        {
            return image;
        }

        var why = configured is null ? "There is no python3 on PATH" : "The python3 on PATH cannot be used by an unprivileged user";
        return system with { Name = Python, SeesSystemPackages = false, Problem = $"{why}; the machine's own interpreter is used." };
    }

    /// <summary>Asks the interpreter who it is, as the user that model code would run as.</summary>
    private async Task<BaseImage> ProbeAsync(string name, string interpreter, bool seesSystemPackages)
    {
        var image = new BaseImage(name, "python", null, null, seesSystemPackages, false, null);
        if (!Path.IsPathFullyQualified(interpreter) || !File.Exists(interpreter))
        {
            return image with { Problem = $"There is no interpreter at {interpreter}." };
        }

        // A launcher script (pyenv) is asked as ourselves for the program behind it; then that program is asked as the unprivileged user.
        const string who = "import sys, venv; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])";
        var asOurselves = await AskAsync(interpreter, who, null);
        if (asOurselves is not [var program, var version])
        {
            return image with { Problem = $"{interpreter} did not answer as a Python interpreter with the module venv." };
        }

        if (Version.Parse(version) < new Version(3, 9))
        {
            return image with { Interpreter = program, Version = version, Problem = $"Python {version} is too old; 3.9 or newer is needed." };
        }

        // Same answer, not merely any: setpriv starts a program below a closed folder, whose libraries are then silently taken from elsewhere.
        if (Spawn.CanChangeUser && options.Value.OwnUsers
            && await AskAsync(program, who, new SpawnUser(options.Value.FirstUserId, options.Value.FirstUserId)) is var asUser
            && (asUser is null || !asUser.SequenceEqual(asOurselves)))
        {
            return image with { Interpreter = program, Version = version, Problem = $"{program} cannot be run by an unprivileged user." };
        }

        return image with { Interpreter = program, Version = version, Usable = true };
    }

    private async Task<string[]?> AskAsync(string interpreter, string code, SpawnUser? user)
    {
        var request = new SpawnRequest { Program = interpreter, Arguments = ["-c", code], WorkingFolder = "/", User = user };
        try
        {
            var answer = await Spawn.RunAsync(request, options.Value.ProbeTimeout, CancellationToken.None);
            return answer.Succeeded ? answer.Output.Trim().Split('\n') : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Where(Path.IsPathFullyQualified).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
