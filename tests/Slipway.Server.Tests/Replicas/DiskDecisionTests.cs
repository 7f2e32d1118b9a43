using System.Globalization;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

public sealed class DiskDecisionTests
{
    /// <param name="written">MiB of ready replicas (r) and of those that start (s).</param>
    /// <param name="ended">Which one; null: nobody.</param>
    [Theory]
    [InlineData("Enough", "r200", null)]
    [InlineData("Full", "", null)]
    [InlineData("Full", "r4 s10", null)]       // the end of none of them would make the room
    [InlineData("Low", "r4 r80", "r80")]       // before all is full, so that its end can be stored
    [InlineData("Full", "r80 r200 r4", "r200")]
    [InlineData("Low", "r4 s100", null)]       // it may still come to its end
    [InlineData("Low", "r80 s100", null)]      // nor does a smaller one that serves go in its place
    [InlineData("Full", "r40 r4", "r40")]      // less than the reserve, and nothing can be stored until it goes
    [InlineData("Full", "r80 s100", "s100")]   // nothing can be stored until it goes
    [InlineData("Full", "r200 s100", "r200")]  // a release is not ended for what a ready one has done
    public void The_largest_writer_is_ended_when_that_helps(string room, string written, string? ended)
    {
        var writers = written.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(
            w => w, w => new DiskWriter(Guid.NewGuid(), w[0] == 'r', long.Parse(w[1..], CultureInfo.InvariantCulture) << 20));
        Assert.Equal(ended is null ? null : writers[ended].Replica, DiskDecision.Filler(writers.Values, Enum.Parse<DiskRoom>(room), reserveBytes: 64 << 20));
    }

    /// <summary>Who is ready and fills the disk within the same second has written it since then.</summary>
    [Fact]
    public async Task A_file_says_when_it_was_written_to_less_than_a_second()
    {
        var path = Path.GetTempFileName();
        try
        {
            while (DateTimeOffset.UtcNow.Millisecond is < 200 or > 700)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            var before = DateTimeOffset.UtcNow.AddMilliseconds(-100);
            await File.WriteAllTextAsync(path, new string('x', 10_000), TestContext.Current.CancellationToken);
            var (bytes, at) = SpawnDisk.Of(path)!.Value;
            Assert.InRange(bytes, 10_000, 1 << 20);
            Assert.InRange(at, before, DateTimeOffset.UtcNow);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
