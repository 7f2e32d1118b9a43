using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>What the number of replicas follows, as options: the fields of the form of a new deployment.</summary>
internal sealed class ScalingOptions
{
    private readonly Option<bool?> on;
    private readonly Option<int?> min = new("--min") { Description = "Fewest replicas; 0 lets an idle deployment go to zero." };
    private readonly Option<int?> max = new("--max") { Description = "Most replicas." };
    private readonly Option<int?> target = new("--concurrency-target", "--target") { Description = "Requests at a time that one replica is meant for." };
    private readonly Option<int?> utilization = new("--target-utilization") { Description = "Share of that at which one is added, 1 to 100 %." };
    private readonly Option<double?> window = new("--window") { Description = "Load is averaged over so many seconds, 10 to 3600." };
    private readonly Option<double?> delay = new("--scale-down-delay") { Description = "Seconds of less load before replicas go, 0 to 3600." };
    private readonly Option<int?> rate = new("--max-scale-down-rate") { Description = "Most of the replicas that one step down takes, 1 to 50 %; 0: any." };
    private readonly Option<int?> cpu = new("--target-cpu") { Description = "CPU per replica, 1 to 100 %; 0: not looked at." };
    private readonly Option<int?> memory = new("--target-memory") { Description = "Memory per replica, 1 to 100 %; 0: not looked at." };
    private readonly Option<int?> gpu = new("--target-gpu") { Description = "GPU per replica, 1 to 100 %; 0: not looked at." };
    private readonly bool isPush;

    /// <param name="isPush">Beside the options of a push: those that would be mistaken for others have longer names, and a target turns autoscaling on.</param>
    public ScalingOptions(bool isPush = false)
    {
        this.isPush = isPush;
        on = new(isPush ? "--autoscaling" : "--enabled") { Description = "true: the number of replicas follows the load; false: it is set by hand (scale)." };
        if (isPush)
        {
            window = new("--scaling-window") { Description = window.Description };
        }
    }

    public IReadOnlyList<Option> All => [min, max, .. WithoutBounds];

    public IReadOnlyList<Option> WithoutBounds => [on, target, utilization, window, delay, rate, cpu, memory, gpu];

    public Command AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Options.Add(option);
        }

        return command;
    }

    /// <returns>Null: none was given.</returns>
    public AutoscalingRequest? Read(ParseResult parse)
    {
        var request = new AutoscalingRequest(
            parse.GetValue(on), parse.GetValue(min), parse.GetValue(max), parse.GetValue(window), parse.GetValue(delay), parse.GetValue(target), parse.GetValue(utilization),
            parse.GetValue(rate), parse.GetValue(cpu), parse.GetValue(memory), parse.GetValue(gpu));
        if (request == new AutoscalingRequest())
        {
            return null;
        }

        var follows = parse.GetValue(target) ?? parse.GetValue(utilization) ?? parse.GetValue(cpu) ?? parse.GetValue(memory) ?? parse.GetValue(gpu);
        return isPush && parse.GetValue(on) is null && follows is not null ? request with { Enabled = true } : request;
    }
}
