using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The options that making and editing a schedule share.</summary>
internal sealed class ScheduleOptions
{
    private readonly Option<string?> zone = new("--time-zone") { Description = "Such as Europe/Berlin; UTC when left out." };
    private readonly Option<string?> description = new("--description") { Description = "Words for people." };
    private readonly Option<string?> baseImage = new("--base-image") { Description = "Base image of its package; alone, of the package that is there, whose requirements are resolved anew." };
    private readonly Option<string?> parameters = new("--parameters") { Description = "A JSON object, or @FILE with one." };
    private readonly Option<string[]> variables = new("--variable") { Description = "NAME=VALUE for its environment; may be repeated." };
    private readonly Option<double?> timeout = new("--timeout") { Description = "Seconds after which it is ended." };
    private readonly Option<double?> cpu = new("--cpu") { Description = "CPU cores." };
    private readonly Option<int?> memory = new("--memory") { Description = "Memory, MiB." };
    private readonly Option<double?> grace = new("--grace") { Description = "Seconds that it may begin late when no server ran at its time." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { zone, description, baseImage, parameters, variables, timeout, cpu, memory, grace })
        {
            command.Options.Add(option);
        }
    }

    /// <returns>What was given; the rest is null.</returns>
    public UpdateScheduleRequest Read(ParseResult parse) => new(
        TimeZone: parse.GetValue(zone), Description: parse.GetValue(description), BaseImage: parse.GetValue(baseImage), Parameters: Json(parse.GetValue(parameters)),
        Variables: Pairs(parse.GetValue(variables) ?? []), TimeoutSeconds: parse.GetValue(timeout), CpuCores: parse.GetValue(cpu), MemoryMib: parse.GetValue(memory),
        GraceSeconds: parse.GetValue(grace));

    private static JsonElement? Json(string? text)
    {
        try
        {
            return text is null ? null : JsonElement.Parse(text.StartsWith('@') ? File.ReadAllText(text[1..]) : text);
        }
        catch (JsonException)
        {
            throw new CliException(ExitCode.Usage, "--parameters is not JSON. Example: --parameters '{\"depth\": 3}'");
        }
        catch (IOException exception)
        {
            throw new CliException(ExitCode.Usage, $"--parameters cannot be read: {exception.Message}");
        }
    }

    private static Dictionary<string, string>? Pairs(string[] texts)
    {
        if (texts.Length == 0)
        {
            return null;
        }

        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=');
            if (equals <= 0)
            {
                throw new CliException(ExitCode.Usage, $"--variable {text} is not of the form NAME=VALUE.");
            }

            pairs[text[..equals]] = text[(equals + 1)..];
        }

        return pairs;
    }
}
