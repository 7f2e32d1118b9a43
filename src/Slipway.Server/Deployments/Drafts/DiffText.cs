using System.Text;
using Slipway.Contracts;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>A file as lines, and how two of them are shown beside each other. Pure.</summary>
internal static class DiffText
{
    /// <summary>Characters of a line that are shown; lines are compared whole.</summary>
    public const int LongestLine = 500;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The lines, each with its line end; null: it is no text.</summary>
    public static string[]? Lines(ReadOnlySpan<byte> content)
    {
        if (content.Contains((byte)0))
        {
            return null;
        }

        string text;
        try
        {
            text = Strict.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }

        var lines = new List<string>();
        for (var (at, next) = (0, 0); at < text.Length; at = next)
        {
            next = text.IndexOf('\n', at) is >= 0 and var end ? end + 1 : text.Length;
            lines.Add(text[at..next]);
        }

        return [.. lines];
    }

    /// <summary>What differs, in hunks with <paramref name="context"/> equal lines around them; those that would touch are one.</summary>
    public static IReadOnlyList<DiffHunkInfo> Hunks(string[] before, string[] after, IReadOnlyList<DiffStep> steps, int context)
    {
        var hunks = new List<DiffHunkInfo>();
        for (var at = Next(steps, 0); at < steps.Count; at = Next(steps, at))
        {
            var first = Math.Max(0, at - context);
            var last = at;   // of what differs
            for (var next = Next(steps, at + 1); next < steps.Count && next - last - 1 <= 2 * context; next = Next(steps, next + 1))
            {
                last = next;
            }

            var end = Math.Min(steps.Count, last + context + 1);
            var inside = steps.Skip(first).Take(end - first).ToList();
            var (old, now) = (inside.Count(s => s.Kind != DiffKind.Added), inside.Count(s => s.Kind != DiffKind.Removed));
            hunks.Add(new DiffHunkInfo(
                inside[0].Old + (old == 0 ? 0 : 1), old, inside[0].New + (now == 0 ? 0 : 1), now,
                [.. inside.Select(s => Line(s.Kind, s.Kind == DiffKind.Added ? after[s.New] : before[s.Old]))]));
            at = last + 1;
        }

        return hunks;
    }

    private static int Next(IReadOnlyList<DiffStep> steps, int from)
    {
        while (from < steps.Count && steps[from].Kind == DiffKind.Same)
        {
            from++;
        }

        return from;
    }

    private static DiffLineInfo Line(DiffKind kind, string line)
    {
        var text = line.TrimEnd('\n');
        var cut = text.Length <= LongestLine ? 0 : char.IsHighSurrogate(text[LongestLine - 1]) ? LongestLine - 1 : LongestLine;
        return new DiffLineInfo(kind.ToString().ToLowerInvariant(), cut > 0 ? text[..cut] : text, cut > 0, !line.EndsWith('\n'));
    }
}
