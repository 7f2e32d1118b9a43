using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Slipway.Server.Packages;

/// <summary>What <c>resources</c> of a config.yaml asks for: the defaults of a deployment of the package. Quantities are written as Kubernetes and Truss write them.</summary>
/// <param name="CpuCores">Above 0; null: not said.</param>
/// <param name="MemoryMib">MiB, rounded up; null: not said.</param>
internal sealed partial record PackageResources(double? CpuCores, int? MemoryMib)
{
    public const string CpuForm = "is a number of cores above 0 and at most 1024, such as 2, \"0.5\" or \"500m\"";
    public const string MemoryForm = "is an amount from 32Mi to 16Ti, such as \"512Mi\" or \"2Gi\"";
    private const double MiB = 1 << 20;

    public static PackageResources None { get; } = new(null, null);

    /// <returns>Cores; null when this is not such a quantity.</returns>
    public static double? Cpu(JsonNode node) =>
        Quantity(node) is var (number, suffix) && suffix is "" or "m" && (suffix == "m" ? number / 1000 : number) is > 0 and <= 1024 and var cores ? cores : null;

    /// <returns>MiB; null when this is not such a quantity. A bare number is bytes.</returns>
    public static int? Memory(JsonNode node)
    {
        if (Quantity(node) is not var (number, suffix) || Bytes(suffix) is not { } unit)
        {
            return null;
        }

        var mebibytes = Math.Ceiling(number * unit / MiB);
        return mebibytes is >= 32 and <= 1 << 24 ? (int)mebibytes : null;
    }

    private static double? Bytes(string suffix) => suffix switch
    {
        "" => 1,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1 << 10,
        "Mi" => MiB,
        "Gi" => 1 << 30,
        "Ti" => 1L << 40,
        _ => null,
    };

    private static (double Number, string Suffix)? Quantity(JsonNode node)
    {
        if (node is not JsonValue value)
        {
            return null;
        }

        if (value.TryGetValue<long>(out var whole))
        {
            return (whole, "");
        }

        if (value.TryGetValue<double>(out var real))
        {
            return (real, "");
        }

        return value.TryGetValue<string>(out var text) && Written().Match(text) is { Success: true } match
            ? (double.Parse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture), match.Groups["suffix"].Value)
            : null;
    }

    [GeneratedRegex(@"\A(?<number>[0-9]{1,18}(\.[0-9]{1,9})?)(?<suffix>[A-Za-z]{0,2})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Written();
}
