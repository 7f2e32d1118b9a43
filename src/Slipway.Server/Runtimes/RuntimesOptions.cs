using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Runtimes;

/// <summary>Interpreters and users of model code. Configuration section <c>Slipway:Runtimes</c>.</summary>
internal sealed class RuntimesOptions
{
    /// <summary>Absolute path of the interpreter of base image <c>python</c>; null: <c>python3</c> on PATH, or else the machine's own.</summary>
    public string? Python { get; set; }

    /// <summary>Absolute path of the interpreter of base image <c>python-system</c>. Default <c>/usr/bin/python3</c>.</summary>
    [Required]
    public string SystemPython { get; set; } = "/usr/bin/python3";

    /// <summary>Absolute path of ONNX Runtime's <c>libonnxruntime.so.1</c>; null: found beside the program, or where <c>runtimes/onnx/install</c> has put it.</summary>
    public string? OnnxLibrary { get; set; }

    /// <summary>Where NVIDIA's driver lists the GPUs of the machine. Default <c>/proc/driver/nvidia/gpus</c>.</summary>
    [Required]
    public string GpuFolder { get; set; } = "/proc/driver/nvidia/gpus";

    /// <summary>Absolute path of the tool that says how busy they are, with the options of <c>nvidia-smi</c>. Default <c>/usr/bin/nvidia-smi</c>.</summary>
    [Required]
    public string GpuTool { get; set; } = "/usr/bin/nvidia-smi";

    /// <summary>Whether model code gets a user of its own per deployment when the server is root. Default true.</summary>
    public bool OwnUsers { get; set; } = true;

    /// <summary>First user (and group) id of the range for model code, 1,000 or above. The ids need no entry in /etc/passwd. Default 210,000.</summary>
    [Range(1000, 2_000_000_000)]
    public int FirstUserId { get; set; } = 210_000;

    /// <summary>Length of that range, 1 to 1,000,000: deployments whose ids fall together share a user. Default 50,000.</summary>
    [Range(1, 1_000_000)]
    public int UserIds { get; set; } = 50_000;

    /// <summary>Longest time that an interpreter may take to tell its version. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(15);
}

[OptionsValidator]
internal sealed partial class RuntimesOptionsValidator : IValidateOptions<RuntimesOptions>;
