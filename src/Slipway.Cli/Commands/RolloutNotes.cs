namespace Slipway.Cli.Commands;

/// <summary>What the server has to say of the target of a rollout, or of what is asked for.</summary>
internal static class RolloutNotes
{
    public static void Say(IReadOnlyList<string> notes)
    {
        foreach (var note in notes)
        {
            CommandContext.Say($"Note: {note}");
        }
    }
}
