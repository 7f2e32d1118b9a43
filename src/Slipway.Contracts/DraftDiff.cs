namespace Slipway.Contracts;

/// <summary>How the newest files of a draft differ from the version that it began from.</summary>
/// <param name="Model">Of the version.</param>
/// <param name="Hash">Of the newest files, as in <see cref="DraftInfo"/>.</param>
/// <param name="Added">Lines, of all files that were compared by line.</param>
/// <param name="Files">Those that differ, by path.</param>
public sealed record DraftDiffInfo(string Model, int BaseVersion, string Hash, int Added, int Removed, IReadOnlyList<FileDiffInfo> Files);

/// <summary>One file that differs.</summary>
/// <param name="Change">added, removed or changed.</param>
/// <param name="Added">Lines; null: it was not compared by line.</param>
/// <param name="OldSizeBytes">Null: it was not there.</param>
/// <param name="NewSizeBytes">Null: it is not there any more.</param>
/// <param name="Omitted">Why lines are not shown: binary, too_large (to be compared by line), or too_many_lines (the diff as a whole is too long; the counts are there). Null: they are.</param>
public sealed record FileDiffInfo(
    string Path, string Change, int? Added, int? Removed, long? OldSizeBytes, long? NewSizeBytes, string? Omitted, IReadOnlyList<DiffHunkInfo> Hunks);

/// <summary>Lines that differ, with equal ones around them; numbers as in a unified diff: from 1, and the line before where there is none.</summary>
public sealed record DiffHunkInfo(int OldStart, int OldLines, int NewStart, int NewLines, IReadOnlyList<DiffLineInfo> Lines);

/// <param name="Kind">same, added or removed.</param>
/// <param name="Text">Without its line end.</param>
/// <param name="Cut">It is longer than is shown here.</param>
/// <param name="NoNewline">The file ends with it, without a line end.</param>
public sealed record DiffLineInfo(string Kind, string Text, bool Cut = false, bool NoNewline = false);
