using Slipway.Serving.Hosting;

namespace Slipway.Replica;

/// <summary>The log: <c>time LEVEL prediction-or-dash text</c>, one write per line to a descriptor opened with O_APPEND, so that lines never mix.</summary>
internal static class ReplicaLog
{
    public static void Write(string level, string text, Guid? prediction = null)
    {
        foreach (var line in HostLogLines.Of(DateTime.UtcNow, level, text, prediction))
        {
            Posix.Write(2, line);
        }
    }
}
