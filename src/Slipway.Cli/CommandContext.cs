using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Slipway.Cli;

/// <summary>What every command has: the server, the output mode, and where data and everything else go.</summary>
/// <param name="Json"><c>--output json</c>: data as stable JSON on standard output.</param>
internal sealed record CommandContext(bool Json) : IDisposable
{
    private ApiClient? api;

    public static Option<string> OutputOption { get; } = CreateOutputOption();

    /// <summary>The server of the profile.</summary>
    public ApiClient Api => api ??= new ApiClient(Profile.Load());

    /// <summary>Messages for a person; standard error.</summary>
    public static IAnsiConsole Messages { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Whether somebody looks at the messages: only then progress is drawn.</summary>
    public static bool IsWatched => !Console.IsErrorRedirected;

    public static void Say(string message) => Console.Error.WriteLine(message);

    /// <summary>Data: JSON as it came, or a text form of it.</summary>
    public void Write<T>(T value, JsonTypeInfo<T> type, Action<T> text)
    {
        if (Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
        }
        else
        {
            text(value);
        }
    }

    /// <summary>A list as a table; as JSON <c>{"items": […], "next_page_token": …}</c>.</summary>
    public void WriteTable<T>(Contracts.Page<T> page, JsonTypeInfo<Contracts.Page<T>> type, string empty, string[] columns, Func<T, string?[]> row)
    {
        if (Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(page, type));
            return;
        }

        if (page.Items.Count == 0)
        {
            Say(empty);
            return;
        }

        var cells = page.Items.Select(item => row(item).Select(cell => cell ?? "–").ToArray()).Prepend(columns).ToArray();
        var widths = columns.Select((_, i) => cells.Max(line => line[i].Length)).ToArray();
        foreach (var line in cells)
        {
            Console.Out.WriteLine(string.Join("  ", line.Select((cell, i) => i == line.Length - 1 ? cell : cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    /// <summary>Facts of one thing, a line each.</summary>
    public static void WriteFacts(params (string Name, string? Value)[] facts)
    {
        var width = facts.Select(fact => fact.Name.Length).DefaultIfEmpty().Max();   // a section may have no rows
        foreach (var (name, value) in facts)
        {
            if (value is not null)
            {
                Console.Out.WriteLine($"{name.PadRight(width)}  {value.ReplaceLineEndings("\n" + new string(' ', width + 2))}");
            }
        }
    }

    public static string Time(DateTimeOffset? at) => at is { } value ? value.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss") : "–";

    public void Dispose() => api?.Dispose();

    private static Option<string> CreateOutputOption()
    {
        var option = new Option<string>("--output", "-o") { Description = "text or json", Recursive = true, DefaultValueFactory = _ => "text" };
        option.AcceptOnlyFromAmong("text", "json");
        return option;
    }
}

internal static class CommandExtensions
{
    /// <summary>Gives the command its run method, with the context of the call. A change that waits for a reviewer ends it in the same way for all.</summary>
    public static Command Runs(this Command command, Func<ParseResult, CommandContext, CancellationToken, Task<int>> run)
    {
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var context = new CommandContext(parse.GetValue(CommandContext.OutputOption) == "json");
            try
            {
                return await run(parse, context, cancellationToken);
            }
            catch (AskedException asked)
            {
                return await Commands.AskedWait.EndAsync(context, parse, asked.Approval, cancellationToken);
            }
        });
        return command;
    }
}
