using Slipway.Server.Packages;

namespace Slipway.Server.Tests.Packages;

public sealed class PackageBuildTests
{
    [Fact]
    public void What_tools_said_is_kept_as_text_that_every_database_takes()
    {
        var build = new PackageBuild { Id = Guid.NewGuid(), BaseImage = "python" };
        build.Resolve("numpy==1\0");
        Assert.Equal("numpy==1\uFFFD", build.Lock);
        build.Fail("The requirement 'a\0b' has half a character: \ud800.", DateTimeOffset.UnixEpoch);
        Assert.Equal(("The requirement 'a\uFFFDb' has half a character: \uFFFD.", BuildStatus.Failed), (build.Error, build.Status));
    }
}
