namespace Slipway.Server.Deployments.Drafts;

internal enum DiffKind
{
    Same,
    Added,
    Removed,
}

/// <param name="Old">Index of the line before; of an added one: of the line that it comes before.</param>
/// <param name="New">Index of the line now; of a removed one: of the line that it was before.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct DiffStep(DiffKind Kind, int Old, int New);

/// <summary>The shortest way from one text to another, line by line. Source: E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986.</summary>
internal static class LineDiff
{
    /// <summary>With more edits than this, what lies between the equal beginning and the equal end is shown as replaced: the search takes time and memory with their square.</summary>
    public const int MostEdits = 2000;

    public static IReadOnlyList<DiffStep> Of(ReadOnlySpan<string> before, ReadOnlySpan<string> after)
    {
        var (head, shorter) = (0, Math.Min(before.Length, after.Length));
        while (head < shorter && before[head] == after[head])
        {
            head++;
        }

        var tail = 0;
        while (tail < shorter - head && before[^(tail + 1)] == after[^(tail + 1)])
        {
            tail++;
        }

        var steps = new List<DiffStep>(Math.Max(before.Length, after.Length));
        steps.AddRange(Enumerable.Range(0, head).Select(i => new DiffStep(DiffKind.Same, i, i)));
        foreach (var step in Between(before[head..^tail], after[head..^tail]))
        {
            steps.Add(step with { Old = step.Old + head, New = step.New + head });
        }

        var (end, now) = (before.Length - tail, after.Length - tail);
        steps.AddRange(Enumerable.Range(0, tail).Select(i => new DiffStep(DiffKind.Same, end + i, now + i)));
        return steps;
    }

    private static List<DiffStep> Between(ReadOnlySpan<string> before, ReadOnlySpan<string> after)
    {
        var most = Math.Min(before.Length + after.Length, MostEdits);
        var furthest = new int[(2 * most) + 3];   // by diagonal (old − new): how far down the old lines the best way of so many edits comes
        var zero = most + 1;
        var trace = new List<int[]>();
        for (var edits = 0; edits <= most; edits++)
        {
            trace.Add(furthest[(zero - edits - 1)..(zero + edits + 2)]);   // as it was before these edits
            for (var diagonal = -edits; diagonal <= edits; diagonal += 2)
            {
                var old = IsAdded(furthest, zero, diagonal, edits) ? furthest[zero + diagonal + 1] : furthest[zero + diagonal - 1] + 1;
                while (old < before.Length && old - diagonal < after.Length && before[old] == after[old - diagonal])
                {
                    old++;
                }

                furthest[zero + diagonal] = old;
                if (old >= before.Length && old - diagonal >= after.Length)
                {
                    return Back(trace, before.Length, after.Length);
                }
            }
        }

        var (removed, added) = (before.Length, after.Length);
        return [.. Enumerable.Range(0, removed).Select(i => new DiffStep(DiffKind.Removed, i, 0)), .. Enumerable.Range(0, added).Select(i => new DiffStep(DiffKind.Added, removed, i))];
    }

    /// <summary>Whether the best way to a diagonal ends with an added line, not a removed one.</summary>
    private static bool IsAdded(int[] furthest, int zero, int diagonal, int edits) =>
        diagonal == -edits || (diagonal != edits && furthest[zero + diagonal - 1] < furthest[zero + diagonal + 1]);

    private static List<DiffStep> Back(List<int[]> trace, int old, int now)
    {
        var steps = new List<DiffStep>();
        for (var edits = trace.Count - 1; edits >= 0; edits--)
        {
            var (furthest, zero, diagonal) = (trace[edits], edits + 1, old - now);
            var isAdded = IsAdded(furthest, zero, diagonal, edits);
            var from = edits == 0 ? 0 : furthest[zero + diagonal + (isAdded ? 1 : -1)];
            var fromNow = edits == 0 ? 0 : from - (diagonal + (isAdded ? 1 : -1));
            while (old > from && now > fromNow)
            {
                steps.Add(new DiffStep(DiffKind.Same, --old, --now));
            }

            if (edits > 0)
            {
                steps.Add(isAdded ? new DiffStep(DiffKind.Added, old, --now) : new DiffStep(DiffKind.Removed, --old, now));
            }
        }

        steps.Reverse();
        return steps;
    }
}
