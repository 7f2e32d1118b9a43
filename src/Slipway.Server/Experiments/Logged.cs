namespace Slipway.Server.Experiments;

/// <summary>The name of a parameter, metric or tag, stored once; rows refer to it by number. Names are never removed.</summary>
internal sealed class RunKey
{
    public const int Longest = 250;

    public long Id { get; init; }

    public required string Name { get; init; }
}

/// <summary>A parameter of a run; written once.</summary>
internal sealed class RunParameter
{
    public const int Longest = 6000;

    public long RunNumber { get; init; }

    public long KeyId { get; init; }

    public long ExperimentId { get; init; }

    public required string Value { get; init; }

    /// <summary>The first <see cref="LoggedText.StartLength"/> characters of the value: what an index can hold.</summary>
    public required string ValueStart { get; init; }

    /// <summary>The value folded for ILIKE; null where folding changes nothing.</summary>
    public string? Folded { get; init; }
}

/// <summary>A tag of a run; may be replaced.</summary>
internal sealed class RunTag
{
    public const int Longest = 8000;

    public long RunNumber { get; init; }

    public long KeyId { get; init; }

    public long ExperimentId { get; init; }

    public required string Value { get; set; }

    public required string ValueStart { get; set; }

    public string? Folded { get; set; }
}

internal static class LoggedText
{
    public const int StartLength = 64;

    /// <summary>Cut before half of a surrogate pair, which no database takes.</summary>
    public static string StartOf(string value) => value.Length <= StartLength
        ? value
        : value[..(char.IsHighSurrogate(value[StartLength - 1]) ? StartLength - 1 : StartLength)];
}

/// <summary>The latest value of a metric of a run: highest step, then timestamp, then value.</summary>
internal sealed class RunMetric
{
    public long RunNumber { get; init; }

    public long KeyId { get; init; }

    public long ExperimentId { get; init; }

    public long Step { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long Timestamp { get; init; }

    /// <summary>See <see cref="MetricValue"/>.</summary>
    public long Value { get; init; }
}

/// <summary>One value of a metric. All of it is the key: the same value again is the same row, so that a client may repeat what it has no answer to.</summary>
internal sealed class RunMetricPoint
{
    public long RunNumber { get; init; }

    public long KeyId { get; init; }

    public long Step { get; init; }

    public long Timestamp { get; init; }

    public long Value { get; init; }
}

/// <summary>Values that came together: one row, because values of many metrics in rows of their own would each change another page of the index. A repeated one is left out when it is read.</summary>
internal sealed class RunMetricBatch
{
    /// <summary>Values that come with fewer others are rows of their own, which are found by their metric.</summary>
    public const int Fewest = 10;

    /// <summary>A batch lies in one of the stretches of so many steps (a power of two), so that who looks for a step need not look far before it.</summary>
    public const long Stretch = 1 << 12;

    public long Id { get; init; }

    public long RunNumber { get; init; }

    /// <summary>Least step of its values; null: packed before this was kept; see <see cref="RepackMetrics"/>.</summary>
    public long? FirstStep { get; init; }

    /// <summary>Greatest step of its values.</summary>
    public long? LastStep { get; init; }

    /// <summary>See <see cref="MetricPacking"/>.</summary>
    public required byte[] Packed { get; init; }

    /// <param name="points">Of one stretch.</param>
    public static RunMetricBatch Of(long run, IReadOnlyList<RunMetricPoint> points) => new()
    {
        RunNumber = run, FirstStep = points.Min(p => p.Step), LastStep = points.Max(p => p.Step), Packed = MetricPacking.Pack(points),
    };

    /// <summary>Values of one request by the stretch they lie in; most lie in one.</summary>
    public static IEnumerable<IReadOnlyList<RunMetricPoint>> ByStretch(IReadOnlyList<RunMetricPoint> points) =>
        points.All(p => StretchOf(p) == StretchOf(points[0])) ? [points] : points.GroupBy(StretchOf).Select(stretch => (IReadOnlyList<RunMetricPoint>)[.. stretch]);

    private static long StretchOf(RunMetricPoint point) => point.Step & -Stretch;
}

/// <summary>Data that a run was made with; neither path nor digest change once they are said.</summary>
internal sealed class RunDataSet
{
    public long RunNumber { get; init; }

    public required string Name { get; init; }

    public required string Path { get; init; }

    public string? Digest { get; init; }

    public string? Description { get; set; }

    public DateTimeOffset LoggedAt { get; init; }
}

/// <summary>A file that a run made, in the artifact store.</summary>
internal sealed class RunArtifact
{
    public long RunNumber { get; init; }

    /// <summary>Relative, forward slashes; see <see cref="Artifacts.ArtifactPath"/>.</summary>
    public required string Path { get; init; }

    public long SizeBytes { get; set; }

    public required string Sha256 { get; set; }

    public DateTimeOffset StoredAt { get; set; }
}
