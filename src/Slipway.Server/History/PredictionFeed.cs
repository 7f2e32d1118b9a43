using Slipway.Server.History.Store;

namespace Slipway.Server.History;

/// <summary>Tells aggregates what was just stored, on the reader's thread: handlers only take note. Who missed something asks the store by sequence.</summary>
internal sealed class PredictionFeed
{
    /// <summary>Sequence of the first outcome, and the outcomes of one stored batch in order.</summary>
    public event Action<long, IReadOnlyList<PredictionOutcome>>? Stored;

    public bool HasListeners => Stored is not null;

    public void Publish(long firstSequence, IReadOnlyList<PredictionOutcome> outcomes) => Stored?.Invoke(firstSequence, outcomes);
}
