using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

public sealed class ExitReasonTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    // exit file: reason, signal; why killed; out of memory; said on the connection
    [InlineData("drained", null, null, false, null, "drained")]
    [InlineData("load_failed", null, null, false, "load_failed", "load_failed")]
    [InlineData("import_failed", null, null, false, null, "import_failed")]
    [InlineData("memory_limit", null, null, false, null, "memory_limit")]     // a MemoryError that the runner saw
    [InlineData("signal", 9, null, true, null, "memory_limit")]               // the kernel's kill
    [InlineData("signal", 9, null, false, null, "crashed")]                   // somebody's kill -9
    [InlineData("signal", 11, null, true, null, "crashed")]                   // a segmentation fault; a child of it had been killed before
    [InlineData("signal", 9, "hung", false, null, "hung")]
    [InlineData("signal", 9, "drained", false, null, "drained")]              // did not finish in time
    [InlineData("signal", 9, "start_failed", false, null, "start_failed")]
    [InlineData("crashed", null, null, false, null, "crashed")]
    [InlineData("no_server", null, null, false, null, "no_server")]
    [InlineData("drained", null, null, true, null, "drained")]                // a child was killed, the replica was not
    [InlineData(null, null, null, false, null, "unknown")]                    // its parent had gone
    [InlineData(null, null, null, true, null, "memory_limit")]
    [InlineData(null, null, null, false, "load_failed", "load_failed")]
    [InlineData("crashed", null, null, false, "load_failed", "load_failed")]  // the disk was full: its parent wrote what it saw, it could not
    [InlineData("signal", 9, "hung", false, "load_failed", "hung")]
    [InlineData("signal", 9, "filled_disk", false, null, "start_failed")]
    [InlineData(null, null, "filled_disk", false, null, "start_failed")]
    [InlineData("signal", 9, "out_of_disk", false, null, "out_of_disk")]
    [InlineData(null, null, "storage_limit", false, null, "storage_limit")]
    [InlineData("what model code may write", null, null, false, null, "unknown")]
    public void The_reason_follows_from_what_is_left(string? file, int? signal, string? killed, bool outOfMemory, string? said, string reason) =>
        Assert.Equal(reason, ExitReason.Of(file is null ? null : new ExitFile(file, null, signal, Now, null), killed, outOfMemory, said, null, 256, Now).Reason);

    [Theory]
    [InlineData("No such file: '/srv/slipway/packages/0123/model/weights.bin'", "No such file: '…/weights.bin'")]
    [InlineData("setpriv: failed to execute /nowhere/python: No such file", "setpriv: failed to execute …/python: No such file")]
    [InlineData("3/4 of https://example.org/a/b are a/b/c", "3/4 of https://example.org/a/b are a/b/c")]
    public void A_detail_shows_no_folder_of_the_machine(string said, string shown) => Assert.Equal(shown, ExitReason.Short(said));

    [Fact]
    public void A_detail_has_nothing_that_a_database_refuses()
    {
        Assert.Equal("bad \uFFFD x", ExitReason.Short("bad \0 x"));
        Assert.Equal("caf\uFFFD.bin and \U0001F600", ExitReason.Short("caf" + '\uDCE9' + ".bin and \U0001F600"));
        Assert.Equal(new string('a', 1999) + '\uFFFD', ExitReason.Short(new string('a', 1999) + "\U0001F600"));   // cut in the middle of a character
    }
}
