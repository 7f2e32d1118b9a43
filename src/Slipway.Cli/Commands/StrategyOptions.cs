using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>How a rollout goes, as options of a command; what is left out the environment says.</summary>
internal sealed class StrategyOptions
{
    private readonly Option<string?> strategy = new("--strategy") { Description = "rolling, blue_green or canary." };
    private readonly Option<int?> surge = new("--surge") { Description = "Rolling: replicas on top at a time, percent of the base (0 to 50)." };
    private readonly Option<int?> unavailable = new("--unavailable") { Description = "Rolling: replicas that may be missing at a time, percent of the base (0 to 50)." };
    private readonly Option<int?> stabilization = new("--stabilization") { Description = "Rolling: seconds after each shift of traffic (0 to 3600)." };
    private readonly Option<int?> overhead = new("--overhead") { Description = "Rolling: replicas of the old revision added before, percent (0 to 500)." };
    private readonly Option<string?> steps = new("--steps") { Description = "Canary: percent at each step, such as 1,10,50." };
    private readonly Option<int?> window = new("--window") { Description = "Canary: seconds for all steps together." };
    private readonly Option<int?> bake = new("--bake") { Description = "Seconds to watch on at 100 %." };
    private readonly Option<string?> cleanup = new("--previous-cleanup") { Description = "The replaced revision: keep, scale_to_zero or deactivate." };
    private readonly GateOptions gate = new();
    private readonly Option<int?> deadline = new("--progress-deadline") { Description = "Seconds without progress of builds and replicas until it fails." };

    public IReadOnlyList<Option> All => [strategy, surge, unavailable, stabilization, overhead, steps, window, bake, cleanup, .. gate.All, deadline];

    public Command On(Command command)
    {
        foreach (var option in All)
        {
            command.Options.Add(option);
        }

        return command;
    }

    /// <returns>Null where none was given.</returns>
    public RolloutSettings? Read(ParseResult parse)
    {
        var settings = new RolloutSettings(
            parse.GetValue(strategy), parse.GetValue(surge), parse.GetValue(unavailable), parse.GetValue(stabilization), parse.GetValue(overhead),
            parse.GetValue(steps) is { } text ? Percentages(text) : null, parse.GetValue(window), parse.GetValue(bake), parse.GetValue(cleanup),
            parse.GetValue(deadline), gate.Read(parse));
        return settings == new RolloutSettings() ? null : settings;
    }

    private static int[] Percentages(string text)
    {
        try
        {
            return [.. text.Split(',', StringSplitOptions.TrimEntries).Select(int.Parse)];
        }
        catch (FormatException)
        {
            throw new CliException(ExitCode.Usage, $"--steps takes percentages such as 1,10,50, not '{text}'.");
        }
    }
}
