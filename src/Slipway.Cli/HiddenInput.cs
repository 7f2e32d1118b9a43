using System.Text;

namespace Slipway.Cli;

/// <summary>What a person types without seeing it.</summary>
internal static class HiddenInput
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static string ReadFromConsole() => Read(() => Console.ReadKey(intercept: true), () => SpinWait.SpinUntil(() => Console.KeyAvailable, Pause));

    /// <summary>Up to the line end after which nothing waits: lines that are pasted come at once, and are all of it.</summary>
    /// <param name="more">Whether another key is there already.</param>
    public static string Read(Func<ConsoleKeyInfo> next, Func<bool> more)
    {
        var typed = new StringBuilder();
        while (true)
        {
            var key = next();
            if (key.Key == ConsoleKey.Enter || key.KeyChar is '\r' or '\n')
            {
                if (!more())
                {
                    return typed.ToString();
                }

                typed.Append('\n');
            }
            else if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (key.KeyChar == '\t' || !char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }
    }
}
