namespace Slipway.Cli.Commands;

/// <summary>What one replica may have, as options of a command.</summary>
internal sealed class ResourceOptions
{
    private readonly Option<double?> cpu = new("--cpu") { Description = "CPU cores of a replica." };
    private readonly Option<int?> memory = new("--memory") { Description = "Memory of a replica, MiB." };
    private readonly Option<int?> gpus = new("--gpu-count") { Description = "GPUs of a replica; this machine must have them." };
    private readonly Option<string?> gpuType = new("--gpu-type") { Description = "Kind of GPU: T4, L4, A10G, V100, A100, H100, …" };
    private readonly Option<double?> storage = new("--storage") { Description = "Storage of a replica, GB: one that has more in its folder is ended and started anew; 0: none." };
    private readonly Option<int?> network = new("--network") { Description = "Network of a replica, Mbps: recorded, not held to on this engine; 0: none." };

    public Command On(Command command)
    {
        foreach (var option in (Option[])[cpu, memory, gpus, gpuType, storage, network])
        {
            command.Options.Add(option);
        }

        return command;
    }

    /// <returns>Null where one was not given.</returns>
    public (double? CpuCores, int? MemoryMib, int? GpuCount, string? GpuType, double? StorageGb, int? NetworkMbps) Read(ParseResult parse) => (
        parse.GetValue(cpu), parse.GetValue(memory), parse.GetValue(gpus), parse.GetValue(gpuType), parse.GetValue(storage), parse.GetValue(network));
}
