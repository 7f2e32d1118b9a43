using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

public sealed class SafePathTests
{
    [Theory]
    [InlineData("/etc/passwd")]             // one slash too many in the address, and Combine would drop the root
    [InlineData("../store2/x")]
    [InlineData("a/../../x")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a\\..\\b")]
    [InlineData("..%2fx")]                  // arrives still encoded; a second decoding would climb
    [InlineData("a%2Fb")]
    [InlineData("a\r\nb")]
    [InlineData("a\0b")]
    public void What_leaves_the_folder_or_could_mean_two_things_is_refused(string path) =>
        Assert.Equal("path_refused", SafePath.Resolve("/root/store", path).Refusal?.Code);

    [Theory]
    [InlineData("a/b.txt", "/root/store/a/b.txt")]
    [InlineData("%2e%2e", "/root/store/%2e%2e")]   // what is left after one decoding is a name, and stays one
    [InlineData("...", "/root/store/...")]
    [InlineData("a b/ü", "/root/store/a b/ü")]
    public void What_is_inside_is_taken_as_it_is_written(string path, string full) => Assert.Equal(full, SafePath.Resolve("/root/store/", path).Value);

    [Fact]
    public void A_link_is_not_followed()
    {
        var root = Directory.CreateTempSubdirectory("slipway-path-");
        File.WriteAllText(Path.Combine(root.FullName, "plain"), "1");
        File.CreateSymbolicLink(Path.Combine(root.FullName, "link"), "/etc/hostname");
        Directory.CreateSymbolicLink(Path.Combine(root.FullName, "folder"), "/etc");

        using (var plain = SafePath.OpenRead(root.FullName, "plain").Value)
        {
            Assert.Equal(1, plain.Length);
        }

        Assert.Equal("path_refused", SafePath.OpenRead(root.FullName, "link").Refusal?.Code);
        Assert.Equal("path_refused", SafePath.OpenRead(root.FullName, "folder/hostname").Refusal?.Code);
        Assert.Equal("file_not_found", SafePath.OpenRead(root.FullName, "gone").Refusal?.Code);
        root.Delete(recursive: true);
    }
}
