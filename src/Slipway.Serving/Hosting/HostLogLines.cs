using System.Globalization;
using System.Text;

namespace Slipway.Serving.Hosting;

/// <summary>The form of a replica's log: <c>time LEVEL prediction-or-dash text</c>, one write per line to what was opened for appending, so that lines never mix.</summary>
public static class HostLogLines
{
    public static IEnumerable<byte[]> Of(DateTime at, string level, string text, Guid? prediction)
    {
        var prefix = $"{at.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)} {level,-5} {prediction?.ToString() ?? "-"} ";
        return text.Split('\n').Select(line => Encoding.UTF8.GetBytes($"{prefix}{line.TrimEnd('\r')}\n"));
    }
}
