using System.Collections.Immutable;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Runtimes;

/// <param name="Index">As <c>CUDA_VISIBLE_DEVICES</c> counts with <c>CUDA_DEVICE_ORDER=PCI_BUS_ID</c>.</param>
/// <param name="Type">One of <see cref="Gpus.Types"/>; null: another kind.</param>
internal sealed record MachineGpu(int Index, string? Type, string Model);

/// <summary>The GPUs of this machine, as NVIDIA's driver lists them at the start of the server.</summary>
internal sealed class Gpus(IOptions<RuntimesOptions> options)
{
    private readonly Lazy<ImmutableArray<MachineGpu>> all = new(() => Read(options.Value.GpuFolder));

    /// <summary>Kinds that a deployment may ask for.</summary>
    public static ImmutableArray<string> Types { get; } =
        ["T4", "L4", "A10G", "V100", "A100", "A100_40GB", "H100", "H100_40GB", "H200", "B200", "L40S", "B300", "GB300", "RTX_PRO_6000"];

    public ImmutableArray<MachineGpu> All => all.Value;

    /// <summary>What there is, for a person: <c>2 T4</c>, or <c>no GPU</c>.</summary>
    public string Sentence => All.IsEmpty
        ? "no GPU"
        : string.Join(", ", All.GroupBy(g => g.Type ?? g.Model, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}"));

    /// <summary>The kind that a driver's model name means: the longest that is in it, as <c>NVIDIA A100-SXM4-40GB</c> is an A100_40GB.</summary>
    public static string? TypeOf(string model)
    {
        var words = model.ToUpperInvariant().Split([' ', '-', '_'], StringSplitOptions.RemoveEmptyEntries);
        return Types.Where(t => t.Split('_').All(part => words.Contains(part))).OrderByDescending(t => t.Length).FirstOrDefault();
    }

    private static ImmutableArray<MachineGpu> Read(string folder)
    {
        try
        {
            return
            [
                .. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select((path, index) =>
                {
                    var line = File.ReadLines(Path.Combine(path, "information")).FirstOrDefault(l => l.StartsWith("Model:", StringComparison.Ordinal));
                    var model = line?["Model:".Length..].Trim() ?? "unknown";
                    return new MachineGpu(index, TypeOf(model), model);
                }),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];   // no driver, no GPU
        }
    }
}
