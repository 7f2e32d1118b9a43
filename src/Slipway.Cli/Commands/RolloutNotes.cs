using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>What the server has to say of the target of a rollout.</summary>
internal static class RolloutNotes
{
    public static void Say(RolloutInfo rollout)
    {
        foreach (var note in rollout.Notes)
        {
            CommandContext.Say($"Note: {note}");
        }
    }
}
