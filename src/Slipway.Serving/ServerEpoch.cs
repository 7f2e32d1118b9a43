namespace Slipway.Serving;

/// <summary>A number that rises with every start of the server: a replica refuses a hello with a lower one than it has seen. Control and gateway of one process share it.</summary>
public sealed record ServerEpoch(ulong Value)
{
    /// <summary>Milliseconds since 1970: rises as long as the clock is not set back across a restart.</summary>
    public static ServerEpoch FromClock(TimeProvider time) => new((ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
}
