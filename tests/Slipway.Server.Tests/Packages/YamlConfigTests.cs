using System.Text;
using Slipway.Server.Packages;

namespace Slipway.Server.Tests.Packages;

public sealed class YamlConfigTests
{
    [Theory]
    [InlineData("a: yes", """{"a":true}""")]                              // PyYAML, which Truss reads with, has the booleans of YAML 1.1
    [InlineData("a: 'yes'", """{"a":"yes"}""")]
    [InlineData("a: 1_000", """{"a":1000}""")]
    [InlineData("a: 0x1F", """{"a":31}""")]
    [InlineData("a: 1e3", """{"a":"1e3"}""")]                             // not a number in YAML 1.1
    [InlineData("a: 1.5e+3", """{"a":1500}""")]
    [InlineData("a: .inf", """{"a":".inf"}""")]                           // JSON has no infinity
    [InlineData("a: ~\nb:", """{"a":null,"b":null}""")]
    [InlineData("a: &x {b: 1}\nc: *x", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", """{"a":{"b":1,"c":2},"d":{"c":3,"b":1}}""")]
    [InlineData("a: py311", """{"a":"py311"}""")]
    [InlineData("", "{}")]
    [InlineData("# only words", "{}")]
    [InlineData("a: !!str 1", """{"a":"1"}""")]
    public void Scalars_and_aliases_read_as_Truss_reads_them(string yaml, string json) =>
        Assert.Equal(json, YamlConfig.Parse(yaml, []).ToJsonString());

    [Theory]
    [InlineData("a: 1\n---\nb: 2", "second document")]
    [InlineData("a: *nowhere", "*nowhere")]
    [InlineData("a: !own 1", "tags of one's own")]
    [InlineData("{[a]: 1}", "a key is plain text")]
    [InlineData("a: [1", "not well-formed")]
    [InlineData("a: \"\\0\"", "U+0000")]
    public void What_cannot_be_taken_is_said(string yaml, string what) =>
        Assert.Contains(what, Assert.Throws<YamlConfigException>(() => YamlConfig.Parse(yaml, [])).Message);

    [Fact]
    public void Aliases_that_unfold_into_a_large_tree_and_deep_nesting_are_refused()
    {
        var laughs = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 10; i++)
        {
            laughs.Append($"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 9))}]\n");
        }

        Assert.Contains("aliases", Assert.Throws<YamlConfigException>(() => YamlConfig.Parse(laughs.ToString(), [])).Message);
        Assert.Contains("deeper", Assert.Throws<YamlConfigException>(() => YamlConfig.Parse("a: " + new string('[', 2000) + new string(']', 2000), [])).Message);
    }
}
