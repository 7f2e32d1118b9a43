using System.Globalization;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>What the target of a rollout is held to, as options of a command.</summary>
internal sealed class GateOptions
{
    private readonly Option<double?> errorRate = new("--max-error-rate") { Description = "Gate: highest share of failed requests, 0 to 1." };
    private readonly Option<double?> p95 = new("--max-p95-ms") { Description = "Gate: highest p95 in milliseconds." };
    private readonly Option<double?> increase = new("--max-error-rate-increase") { Description = "Gate: how much higher than the old revision's its share of failed requests may be, 0 to 1." };
    private readonly Option<double?> ratio = new("--max-p95-ratio") { Description = "Gate: how many times the old revision's p95 its own may be, at least 1." };
    private readonly Option<int?> minRequests = new("--min-requests") { Description = "Gate: requests needed before anything is concluded." };
    private readonly Option<int?> wait = new("--gate-wait") { Description = "Gate: seconds that it waits for requests before it pauses." };

    public IReadOnlyList<Option> All => [errorRate, p95, increase, ratio, minRequests, wait];

    /// <returns>Null where none was given.</returns>
    public RolloutGateSettings? Read(ParseResult parse)
    {
        var gate = new RolloutGateSettings(
            parse.GetValue(errorRate), parse.GetValue(p95), parse.GetValue(increase), parse.GetValue(ratio), parse.GetValue(minRequests), parse.GetValue(wait));
        return gate == new RolloutGateSettings() ? null : gate;
    }

    /// <summary>The limits in words; null: there are none but those against the old revision.</summary>
    public static string? Words(RolloutGateSettings? gate)
    {
        var limits = new[]
        {
            gate?.MaxErrorRate is { } rate ? string.Create(CultureInfo.InvariantCulture, $"at most {rate * 100:0.##} % failed") : null,
            gate?.MaxP95Ms is { } ms ? string.Create(CultureInfo.InvariantCulture, $"p95 at most {ms:0.#} ms") : null,
            gate?.MaxErrorRateIncrease is { } more ? string.Create(CultureInfo.InvariantCulture, $"at most {more * 100:0.##} % more failed than before") : null,
            gate?.MaxP95Ratio is { } times ? string.Create(CultureInfo.InvariantCulture, $"at most {times:0.##} times the p95 before") : null,
            gate?.MinRequests is { } requests ? $"judged from {requests} requests" : null,
            gate?.WaitSeconds is { } seconds ? $"waits {seconds} s for them" : null,
        }.OfType<string>().ToList();
        return limits.Count == 0 ? null : string.Join(", ", limits);
    }
}
