using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The options that create and update of an environment share.</summary>
internal sealed class EnvironmentOptions
{
    private readonly Option<string?> after = new("--after") { Description = "The environment that comes before it. Default of a new one: the last before production." };
    private readonly Option<bool?> isProtected = new("--protected") { Description = "true or false: what becomes live there passes the gate." };
    private readonly Option<bool?> approval = new("--approval") { Description = "true or false: what becomes live there is decided by a reviewer." };
    private readonly Option<string?> reviewers = new("--reviewers") { Description = "User names with commas; they replace those that were named before." };
    private readonly Option<string?> stage = new("--requires-stage") { Description = "Staging or Production: the stage that a version must be in; '' for none." };
    private readonly Option<int?> min = new("--min-replicas") { Description = "Of a deployment that does not say." };
    private readonly Option<int?> max = new("--max-replicas") { Description = "The same." };
    private readonly ScalingOptions scaling = new(isPush: true);
    private readonly Option<bool> noScaling = new("--no-autoscaling") { Description = "Take away what its deployments follow where they do not say." };
    private readonly Option<string?> strategy = new("--strategy") { Description = "rolling, blue_green or canary." };
    private readonly Option<int?> surge = new("--max-surge-percent") { Description = "Rolling: replicas on top, 0 to 50." };
    private readonly Option<int?> unavailable = new("--max-unavailable-percent") { Description = "Rolling: replicas that may be missing, 0 to 50. Exactly one of the two is above 0." };
    private readonly Option<int?> stabilization = new("--stabilization-seconds") { Description = "Rolling: pause after each shift, 0 to 3600." };
    private readonly Option<int?> overhead = new("--overhead-percent") { Description = "Rolling: replicas added before the first shift, 0 to 500." };
    private readonly Option<string?> steps = new("--steps") { Description = "Canary: percentages with commas, rising; '' for ten equal ones." };
    private readonly Option<int?> window = new("--window-seconds") { Description = "Canary: time for all steps." };
    private readonly Option<string?> cleanup = new("--previous-cleanup") { Description = "The replaced revision: keep, scale_to_zero or deactivate." };
    private readonly Option<int?> bake = new("--bake-seconds") { Description = "How long the gate watches on at 100 %, 0 to 86400." };
    private readonly GateOptions gate = new();
    private readonly Option<bool> noGate = new("--no-gate") { Description = "Take the gate's limits away. Any of them replaces those from before, all at once." };
    private readonly Option<string?> source = new("--source-after-promotion") { Description = "Where a promotion came from: keep, scale_to_zero or deactivate." };

    public Command AddTo(Command command)
    {
        Option[] all =
        [
            after, isProtected, approval, reviewers, stage, min, max, strategy, surge, unavailable, stabilization, overhead, steps, window, cleanup, source, bake, noGate, .. gate.All, .. scaling.WithoutBounds, noScaling,
        ];
        foreach (var option in all)
        {
            command.Options.Add(option);
        }

        return command;
    }

    public UpdateEnvironmentRequest Read(ParseResult parse)
    {
        var promotion = new PromotionSettingsRequest(
            parse.GetValue(strategy), parse.GetValue(surge), parse.GetValue(unavailable), parse.GetValue(stabilization), parse.GetValue(overhead), Steps(parse.GetValue(steps)),
            parse.GetValue(window), parse.GetValue(cleanup), parse.GetValue(source), parse.GetValue(bake), Gate(parse));
        return new UpdateEnvironmentRequest(
            parse.GetValue(after), parse.GetValue(isProtected), parse.GetValue(approval), parse.GetValue(reviewers) is { } names ? Words(names) : null, parse.GetValue(stage),
            parse.GetValue(min), parse.GetValue(max), promotion == new PromotionSettingsRequest() ? null : promotion, Scaling(parse));
    }

    private AutoscalingRequest? Scaling(ParseResult parse) => (scaling.Read(parse), parse.GetValue(noScaling)) switch
    {
        ({ }, true) => throw new CliException(ExitCode.Usage, "--no-autoscaling takes it away; it cannot be combined with what it would follow."),
        (null, true) => new AutoscalingRequest(),
        var (request, _) => request,
    };

    private RolloutGateSettings? Gate(ParseResult parse) => (gate.Read(parse), parse.GetValue(noGate)) switch
    {
        ({ }, true) => throw new CliException(ExitCode.Usage, "--no-gate takes the limits away; it cannot be combined with one of them."),
        (null, true) => new RolloutGateSettings(),
        var (limits, _) => limits,
    };

    private static string[] Words(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static List<int>? Steps(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var found = new List<int>();
        foreach (var word in Words(text))
        {
            found.Add(int.TryParse(word.TrimEnd('%'), out var percent) ? percent : throw new CliException(ExitCode.Usage, "--steps takes percentages with commas, for example 5,25,100."));
        }

        return found;
    }
}
