using System.Globalization;
using System.Text;
using Slipway.Contracts;

namespace Slipway.Server.Replicas;

/// <summary>One line of output at its place. Places are ordered by time, replica and offset; time never falls within a replica.</summary>
/// <param name="Ticks">UTC ticks of the line, or of the line with a time before it.</param>
/// <param name="Level">debug, info, warning, error; null where the line carries none.</param>
internal sealed record ReplicaLogLine(
    long Ticks, Guid Replica, long Offset, int SizeBytes, DateTimeOffset? At, string? Level, string? RequestId, string Message) : IComparable<ReplicaLogLine>
{
    private const int LongestMessage = 16 * 1024;
    private const int StampLength = 24;

    public LogCursor Cursor => new(Ticks, Replica, Offset);

    /// <summary>Parses <c>2026-11-22T08:00:00.123Z INFO  ID text</c>; any other line is kept as it is, without a level.</summary>
    public static ReplicaLogLine Parse(ReadOnlySpan<byte> line, Guid replica, long offset)
    {
        var text = Encoding.UTF8.GetString(line[..Math.Min(line.Length, LongestMessage)].TrimEnd((byte)'\r'));
        if (text.Length > StampLength + 7 && text[StampLength] == ' ' && text[StampLength + 6] == ' '
            && LevelOf(text.AsSpan(StampLength + 1, 5).TrimEnd()) is { } level
            && DateTimeOffset.TryParseExact(
                text.AsSpan(0, StampLength), "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            var rest = text[(StampLength + 7)..];
            var space = rest.IndexOf(' ', StringComparison.Ordinal);
            var id = space < 0 ? rest : rest[..space];
            return new(at.UtcTicks, replica, offset, line.Length + 1, at, level, id == "-" ? null : id, space < 0 ? "" : rest[(space + 1)..]);
        }

        return new(0, replica, offset, line.Length + 1, null, null, null, text);
    }

    public int CompareTo(ReplicaLogLine? other) => other is null ? 1 : Cursor.CompareTo(other.Cursor);

    public LogLine ToContract() => new(At, Level, Replica.ToString(), RequestId, Message, Cursor.ToString());

    private static string? LevelOf(ReadOnlySpan<char> word) => word switch
    {
        "DEBUG" or "TRACE" => "debug",
        "INFO" => "info",
        "WARN" => "warning",
        "ERROR" or "FATAL" => "error",
        _ => null,
    };
}

/// <summary>A place in the output of a deployment; opaque to clients.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct LogCursor(long Ticks, Guid Replica, long Offset) : IComparable<LogCursor>
{
    public int CompareTo(LogCursor other) => (Ticks, Replica, Offset).CompareTo((other.Ticks, other.Replica, other.Offset));

    public override string ToString() => FormattableString.Invariant($"{Ticks:x}-{Replica:n}-{Offset:x}");

    /// <returns>Null when the text is no cursor of ours.</returns>
    public static LogCursor? Parse(string text) =>
        text.Split('-') is [var ticks, var replica, var offset]
        && long.TryParse(ticks, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var t) && Guid.TryParseExact(replica, "n", out var r)
        && long.TryParse(offset, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var o) ? new LogCursor(t, r, o) : null;
}
