using System.Diagnostics;
using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

public sealed class CleanPagesTests
{
    [Theory]
    [InlineData("r-xp", "/usr/lib/libc.so.6", "0 kB", true)]
    [InlineData("r--p", "/app/Slipway.Server.dll", "0 kB", true)]
    [InlineData("r--p", "/app/with a space.dll", "0 kB", true)]
    [InlineData("rw-p", "/app/Slipway.Server.dll", "0 kB", false)]      // may be written to at any time
    [InlineData("r--p", "/app/Slipway.Server.dll", "4 kB", false)]      // a page was: relocations
    [InlineData("r--s", "/data/journal/1.segment", "0 kB", false)]      // shared: not of the program
    [InlineData("r-xp", "/memfd:doublemapper (deleted)", "0 kB", false)]
    [InlineData("r--p", "", "0 kB", false)]                             // memory without a file would be lost
    [InlineData("r-xp", "[vdso]", "0 kB", false)]
    public void Only_pages_that_the_file_can_give_again_are_let_go(string rights, string file, string anonymous, bool goes)
    {
        string[] smaps =
        [
            $"7f0000001000-7f0000003000 {rights} 00001000 fe:00 1234                       {file}".TrimEnd(),
            "Size:                  8 kB", "Rss:                   8 kB", "Private_Clean:         8 kB", $"Anonymous:         {anonymous}", "VmFlags: rd mr mw me sd",
            "7f0000004000-7f0000005000 rw-p 00000000 00:00 0 ", "Anonymous:             0 kB",
        ];
        (ulong Start, ulong End)[] expected = goes ? [(0x7f0000001000, 0x7f0000003000)] : [];
        Assert.Equal(expected, CleanPages.Find(smaps).ToArray());
    }

    [Fact]
    public void A_process_that_lets_its_clean_pages_go_runs_on()
    {
        var mapped = CleanPages.Find(File.ReadLines("/proc/self/smaps"));
        Assert.NotEmpty(mapped);
        CleanPages.LetGo(mapped);
        using var self = Process.GetCurrentProcess();
        Assert.True(self.WorkingSet64 > 0);
        Assert.NotEmpty(CleanPages.Find(File.ReadLines("/proc/self/smaps")));
    }
}
