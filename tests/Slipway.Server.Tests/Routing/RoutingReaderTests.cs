using System.Text;
using System.Text.Json;

namespace Slipway.Server.Tests.Routing;

public sealed class RoutingReaderTests
{
    [Theory]
    [InlineData("""{"fields":[{"name":"","type":"string"}]}""", "routing.fields[0].name")]
    [InlineData("""{"fields":[{"name":"a b","type":"string"}]}""", "routing.fields[0].name")]
    [InlineData("""{"fields":[{"name":"a","type":"text"}]}""", "routing.fields[0].type")]
    [InlineData("""{"fields":[{"name":"a","type":"string"},{"name":"a","type":"number"}]}""", "routing.fields[1].name")]
    [InlineData("""{"fields":[{"name":"a","type":"string","pointer":"country"}]}""", "routing.fields[0].pointer")]
    [InlineData("""{"fields":[{"name":"a","type":"string","pointer":"/a~2"}]}""", "routing.fields[0].pointer")]
    [InlineData("""{"fields":[null]}""", "routing.fields[0].name")]
    [InlineData("""{"rows":[null]}""", "routing.rows[0].variant")]
    [InlineData("""{"rows":[{"variant":""}]}""", "routing.rows[0].variant")]
    [InlineData("""{"rows":[{"variant":"ghost"}]}""", "routing.rows[0].variant")]
    [InlineData("""{"rows":[{"variant":"b","weight":0}]}""", "routing.rows[0].weight")]
    [InlineData("""{"rows":[{"variant":"b","weight":101}]}""", "routing.rows[0].weight")]
    [InlineData("""{"rows":[{"variant":"b","weight":60},{"variant":"a","weight":41}]}""", "routing.rows[1].weight")]
    [InlineData("""{"rows":[{"variant":"b","conditions":{"a":{"operator":"eq","value":1}}}]}""", "routing.rows[0].conditions.a")]
    [InlineData("""{"identity":"who"}""", "routing.identity")]
    [InlineData("""{"fields":[{"name":"who","type":"list"}],"identity":"who"}""", "routing.identity")]
    public void A_malformed_table_is_refused_where_it_is_wrong(string table, string path)
    {
        var (router, wrong) = Tables.Read(table, "a", "b");
        Assert.Null(router);
        Assert.StartsWith($"{path}: ", Assert.Single(wrong), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("string", "null", "operator")]
    [InlineData("string", """{"operator":null}""", "operator")]
    [InlineData("string", """{"operator":"like","value":"a"}""", "operator")]
    [InlineData("string", """{"operator":"gt","value":"a"}""", "operator")]         // not of a text
    [InlineData("boolean", """{"operator":"in","value":[true]}""", "operator")]
    [InlineData("number", """{"operator":"before","value":1}""", "operator")]
    [InlineData("string", """{"operator":"eq"}""", "value")]
    [InlineData("string", """{"operator":"eq","value":1}""", "value")]
    [InlineData("string", """{"operator":"exists","value":"a"}""", "value")]
    [InlineData("string", """{"operator":"in","value":"a"}""", "value")]
    [InlineData("string", """{"operator":"in","value":[]}""", "value")]
    [InlineData("string", """{"operator":"in","value":["a",1]}""", "value")]
    [InlineData("string", """{"operator":"in","value":[null]}""", "value")]
    [InlineData("number", """{"operator":"eq","value":1e999}""", "value")]
    [InlineData("number", """{"operator":"between","value":[1]}""", "value")]
    [InlineData("number", """{"operator":"between","value":[3,1]}""", "value")]
    [InlineData("date", """{"operator":"before","value":"tomorrow"}""", "value")]
    [InlineData("date", """{"operator":"before","value":"2026-02-30"}""", "value")]
    [InlineData("list", """{"operator":"contains","value":{"a":1}}""", "value")]
    [InlineData("list", """{"operator":"eq","value":"a"}""", "value")]
    public void A_malformed_cell_is_refused_with_what_to_do(string type, string cell, string at)
    {
        var (router, wrong) = Tables.Read($$$"""{"fields":[{"name":"f","type":"{{{type}}}"}],"rows":[{"variant":"b","conditions":{"f":{{{cell}}} } }]}""");
        Assert.Null(router);
        Assert.StartsWith($"routing.rows[0].conditions.f.{at}: ", Assert.Single(wrong), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_JSON_it_is_given_the_reader_compiles_it_or_says_what_is_wrong()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        string[] parts = ["null", "1", "-1e9", "\"\"", "\"a\"", "\"*\"", "[]", "[1,2]", "[[1]]", "{}", "true", "\"2026-01-01\"", "\"\\ud83d\\ude00\"", $"\"{new string('x', 3000)}\""];
        string[] operators = ["eq", "in", "between", "contains", "exists", "gt", "before", "", "="];
        string[] types = ["string", "number", "boolean", "date", "list", "", "String"];
        for (var i = 0; i < 2000; i++)
        {
            var cell = $$"""{"operator":"{{operators[random.Next(operators.Length)]}}","value":{{parts[random.Next(parts.Length)]}}}""";
            var table = new StringBuilder()
                .Append($$"""{"fields":[{"name":"f","type":"{{types[random.Next(types.Length)]}}","pointer":{{(random.Next(2) == 0 ? "null" : "\"/a/0\"")}}}],""")
                .Append($$$"""{{{(random.Next(4) == 0 ? "\"identity\":\"f\"," : "")}}}"rows":[{"variant":"b","conditions":{"f":{{{(random.Next(8) == 0 ? "null" : cell)}}} } }]}""").ToString();
            try
            {
                var (router, wrong) = Tables.Read(table);
                Assert.True(router is null == wrong.Count > 0, $"seed {seed}: {table}");
                router?.Route($$"""{"f":{{parts[random.Next(parts.Length)]}}}""", body: parts[random.Next(parts.Length)]);
            }
            catch (Exception exception) when (exception is not JsonException)
            {
                Assert.Fail($"seed {seed}: {table} {exception}");
            }
        }
    }

    [Fact]
    public void A_table_without_fields_and_rows_is_none() => Assert.Null(Slipway.Server.Routing.RoutingReader.Store(Tables.Rules("""{"fields":[],"rows":[]}""")));
}
