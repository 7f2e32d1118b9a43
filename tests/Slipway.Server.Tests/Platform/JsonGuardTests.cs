using System.Text;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Platform;

public sealed class JsonGuardTests(SharedServer shared) : IClassFixture<SharedServer>
{
    [Theory]
    [InlineData("""{"a":1,"a":2}""")]                                  // the last would win, or an exception
    [InlineData("""{"a":1,"\u0061":2}""")]                             // the same key, spelt otherwise
    [InlineData("""{"a":{"b":1,"c":{"b":1},"b":2}}""")]
    [InlineData("""{"a":1e400}""")]                                    // becomes infinity and cannot be written back
    [InlineData("""{"a":-1E999}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""["\ud800"]""")]                                     // half a pair
    [InlineData("""["\udc00"]""")]
    [InlineData("""["\ud800\ud800"]""")]
    [InlineData("""["\ud800x\udc00"]""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""["\u0000"]""")]                                     // PostgreSQL refuses it, SQLite stores it
    [InlineData("""{"a\u0000":1}""")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("// note\n1")]
    [InlineData("1 2")]
    [InlineData("junk")]
    public void What_would_fail_later_is_refused_now(string json) => Assert.Equal("invalid_json", JsonGuard.Check(Encoding.UTF8.GetBytes(json))?.Code);

    [Theory]
    [InlineData("""{"a":[{"b":1},{"b":1}],"b":{"a":null}}""")]         // the same key in different objects
    [InlineData("""["\ud83d\ude00","\\ud800","\\\\","é"]""")]          // a whole pair; a backslash before what looks like half of one
    [InlineData("""[1e308,-1.5e-400,123456789012345678901234567890]""")]
    [InlineData("null")]
    public void What_is_good_passes(string json) => Assert.Null(JsonGuard.Check(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Depth_ends_at_64_and_bytes_must_be_UTF_8()
    {
        Assert.Null(JsonGuard.Check(Nested(64)));
        Assert.Contains("deeper than 64", JsonGuard.Check(Nested(65))?.Detail, StringComparison.Ordinal);
        Assert.Equal("invalid_json", JsonGuard.Check([(byte)'"', 0xC3, 0x28, (byte)'"'])?.Code);

        static byte[] Nested(int depth) => Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));
    }

    [Fact]
    public void A_key_is_found_twice_in_a_large_object_too()
    {
        var names = Enumerable.Range(0, 5000).Select(i => $"\"k{i}\":{i}").ToList();
        Assert.Null(JsonGuard.Check(Encoding.UTF8.GetBytes($"{{{string.Join(',', names)}}}")));
        Assert.NotNull(JsonGuard.Check(Encoding.UTF8.GetBytes($"{{{string.Join(',', names)},\"k17\":0}}")));
    }

    [Theory]
    [InlineData("""{"name":"x","role":"viewer","extra":1}""", "extra")]      // unknown
    [InlineData("""{"role":"viewer"}""", "name")]                            // missing
    [InlineData("""{"name":null,"role":"viewer"}""", "name")]
    [InlineData("""{"name":12,"role":"viewer"}""", "name")]
    [InlineData("""{"Name":"x","role":"viewer"}""", "Name")]                 // names are exact
    public async Task A_refused_body_names_the_field_and_no_type_of_ours(string json, string field)
    {
        var server = shared.Server;
        var problem = await (await server.Client.PostJsonAsync("/api/v1/users", json)).ShouldRefuseAsync(400, "invalid_field");
        Assert.Contains(field, problem.Errors!.Keys);
        Assert.DoesNotContain("Slipway.", problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("junk")]
    [InlineData("""{"name":"a","name":"b","role":"viewer"}""")]
    [InlineData("""{"name":"\ud800","role":"viewer"}""")]
    public async Task A_body_that_is_no_good_object_is_400(string json)
    {
        var server = shared.Server;
        await (await server.Client.PostJsonAsync("/api/v1/users", json)).ShouldRefuseAsync(400, "invalid_json");
    }

    [Fact]
    public async Task A_number_in_quotes_is_no_number()
    {
        var server = shared.Server;
        await (await server.Client.PostJsonAsync("/api/v1/keys", """{"name":"x","expires_in_days":"12"}""")).ShouldRefuseAsync(400, "invalid_field");
    }
}
