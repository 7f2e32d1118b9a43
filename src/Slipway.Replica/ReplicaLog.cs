using System.Globalization;
using System.Text;

namespace Slipway.Replica;

/// <summary>The log: <c>time LEVEL prediction-or-dash text</c>, one write per line to a descriptor opened with O_APPEND, so that lines never mix.</summary>
internal static class ReplicaLog
{
    public static void Write(string level, string text, Guid? prediction = null)
    {
        var prefix = $"{DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)} {level,-5} {prediction?.ToString() ?? "-"} ";
        foreach (var line in text.Split('\n'))
        {
            Posix.Write(2, Encoding.UTF8.GetBytes($"{prefix}{line.TrimEnd('\r')}\n"));
        }
    }
}
