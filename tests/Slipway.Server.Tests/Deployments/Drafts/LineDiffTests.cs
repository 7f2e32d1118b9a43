using System.Text;
using Slipway.Server.Deployments.Drafts;

namespace Slipway.Server.Tests.Deployments.Drafts;

public sealed class LineDiffTests
{
    [Fact]
    public void A_diff_leads_from_one_text_to_the_other_by_the_fewest_lines()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var (before, after) = (Text(random), Text(random));
            var steps = LineDiff.Of(before, after);
            Assert.True(before.SequenceEqual(steps.Where(s => s.Kind != DiffKind.Added).Select(s => before[s.Old])), $"seed {seed}");
            Assert.True(after.SequenceEqual(steps.Where(s => s.Kind != DiffKind.Removed).Select(s => after[s.New])), $"seed {seed}");
            Assert.All(steps.Where(s => s.Kind == DiffKind.Same), s => Assert.Equal(before[s.Old], after[s.New]));
            Assert.True(steps.Count(s => s.Kind == DiffKind.Same) == Common(before, after), $"seed {seed}: {string.Join(' ', before)} | {string.Join(' ', after)}");
        }
    }

    [Fact]
    public void With_too_many_edits_what_lies_between_the_equal_ends_is_replaced()
    {
        string[] Lines(string word) => ["first", .. Enumerable.Range(0, LineDiff.MostEdits).Select(i => $"{word} {i}"), "last"];
        var steps = LineDiff.Of(Lines("old"), Lines("new"));
        Assert.Equal((2, LineDiff.MostEdits, LineDiff.MostEdits), (Count(DiffKind.Same), Count(DiffKind.Added), Count(DiffKind.Removed)));

        int Count(DiffKind kind) => steps.Count(s => s.Kind == kind);
    }

    [Theory]
    [InlineData("a\nb\nc\n", "a\nB\nc\n", "@1,3 1,3: a -b +B c")]
    [InlineData("", "a\nb\n", "@0,0 1,2: +a +b")]
    [InlineData("a\nb\n", "", "@1,2 0,0: -a -b")]
    [InlineData("a\nb", "a\nb\n", "@1,2 1,2: a -b$ +b")]                                                     // only a line end is new
    [InlineData("1\n2\n3\n4\n5\n6\n7\n8\n", "x\n2\n3\n4\n5\n6\n7\ny\n", "@1,2 1,2: -1 +x 2 @7,2 7,2: 7 -8 +y")]  // far apart
    [InlineData("1\n2\n3\n4\n", "x\n2\n3\ny\n", "@1,4 1,4: -1 +x 2 3 -4 +y")]                                // they would touch
    [InlineData("a\r\n", "a\n", "@1,1 1,1: -a\r +a")]
    public void Hunks_show_what_differs_with_one_equal_line_around(string before, string after, string shown)
    {
        var (old, now) = (DiffText.Lines(Encoding.UTF8.GetBytes(before))!, DiffText.Lines(Encoding.UTF8.GetBytes(after))!);
        var hunks = DiffText.Hunks(old, now, LineDiff.Of(old, now), context: 1);
        Assert.Equal(shown, string.Join(' ', hunks.Select(h =>
            $"@{h.OldStart},{h.OldLines} {h.NewStart},{h.NewLines}: {string.Join(' ', h.Lines.Select(l => $"{l.Kind switch { "added" => "+", "removed" => "-", _ => "" }}{l.Text}{(l.NoNewline ? "$" : "")}"))}")));
    }

    [Fact]
    public void A_long_line_is_cut_between_characters_and_what_is_no_text_has_no_lines()
    {
        var line = new string('x', DiffText.LongestLine - 1) + "😀 and on";
        var shown = Assert.Single(Assert.Single(DiffText.Hunks([], [line], LineDiff.Of([], [line]), context: 3)).Lines);
        Assert.Equal((new string('x', DiffText.LongestLine - 1), true, true), (shown.Text, shown.Cut, shown.NoNewline));
        Assert.Null(DiffText.Lines([97, 0, 98]));
        Assert.Null(DiffText.Lines([0xff, 0xfe]));
    }

    private static string[] Text(Random random) => [.. Enumerable.Range(0, random.Next(12)).Select(_ => $"{(char)('a' + random.Next(4))}")];

    /// <summary>Length of the longest common subsequence, by the table.</summary>
    private static int Common(string[] a, string[] b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
            {
                table[i, j] = a[i] == b[j] ? table[i + 1, j + 1] + 1 : Math.Max(table[i + 1, j], table[i, j + 1]);
            }
        }

        return table[0, 0];
    }
}
