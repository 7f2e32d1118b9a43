namespace Slipway.Cli.Commands;

/// <summary>Asks before what cannot be undone; never where nobody is there to answer.</summary>
internal static class Confirm
{
    public static void Deletion(bool yes, string what)
    {
        if (yes)
        {
            return;
        }

        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            throw new CliException(ExitCode.Usage, $"Deleting '{what}' cannot be undone; say --yes.");
        }

        Console.Error.Write($"Delete '{what}'? It cannot be undone. Type the name to go on: ");
        if (Console.ReadLine() != what)
        {
            throw new CliException(ExitCode.Usage, "Nothing was deleted.");
        }
    }
}
