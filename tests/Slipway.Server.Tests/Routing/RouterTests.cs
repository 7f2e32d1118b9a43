using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Server.Routing;

namespace Slipway.Server.Tests.Routing;

public sealed class RouterTests
{
    [Theory]
    [InlineData("string", "eq", "\"NO\"", "\"NO\"", true)]
    [InlineData("string", "eq", "\"NO\"", "\"no\"", false)]            // case counts
    [InlineData("string", "ne", "\"NO\"", "\"SE\"", true)]
    [InlineData("string", "ne", "\"NO\"", null, false)]               // not given matches nothing but not_exists
    [InlineData("string", "ne", "\"NO\"", "12", false)]               // of another type: likewise
    [InlineData("string", "in", "[\"NO\",\"SE\"]", "\"SE\"", true)]
    [InlineData("string", "in", "[\"NO\",\"SE\"]", "\"DK\"", false)]
    [InlineData("string", "not_in", "[\"NO\",\"SE\"]", "\"DK\"", true)]
    [InlineData("string", "not_in", "[\"NO\"]", null, false)]
    [InlineData("string", "contains", "\"gol\"", "\"a golden one\"", true)]
    [InlineData("string", "starts_with", "\"gol\"", "\"golden\"", true)]
    [InlineData("string", "starts_with", "\"gol\"", "\"a golden\"", false)]
    [InlineData("string", "ends_with", "\"@example.org\"", "\"ada@example.org\"", true)]
    [InlineData("string", "exists", null, "\"\"", true)]               // an empty text is given
    [InlineData("string", "exists", null, null, false)]
    [InlineData("string", "exists", null, "12", false)]                // and something of another type is no text
    [InlineData("string", "not_exists", null, null, true)]
    [InlineData("string", "not_exists", null, "12", false)]
    [InlineData("number", "eq", "3", "3.0", true)]
    [InlineData("number", "eq", "3", "\"3\"", false)]                  // nothing is converted
    [InlineData("number", "ne", "3", "4", true)]
    [InlineData("number", "gt", "3", "3", false)]
    [InlineData("number", "gte", "3", "3", true)]
    [InlineData("number", "lt", "3", "2.99", true)]
    [InlineData("number", "lte", "3", "3.01", false)]
    [InlineData("number", "between", "[1,3]", "3", true)]              // both ends belong to it
    [InlineData("number", "between", "[1,3]", "0.999", false)]
    [InlineData("number", "in", "[1,2]", "2", true)]
    [InlineData("boolean", "eq", "true", "true", true)]
    [InlineData("boolean", "eq", "true", "false", false)]
    [InlineData("boolean", "ne", "true", "false", true)]
    [InlineData("boolean", "eq", "true", "1", false)]
    [InlineData("date", "before", "\"2026-01-02\"", "\"2026-01-01T23:59:59.999Z\"", true)]
    [InlineData("date", "before", "\"2026-01-02\"", "\"2026-01-02\"", false)]
    [InlineData("date", "after", "\"2026-01-02\"", "\"2026-01-02T00:00:00.001Z\"", true)]
    [InlineData("date", "eq", "\"2026-01-02\"", "\"2026-01-02T02:00:00+02:00\"", true)]   // the same instant
    [InlineData("date", "between", "[\"2026-01-01\",\"2026-01-31\"]", "\"2026-01-31\"", true)]
    [InlineData("date", "in", "[\"2026-01-01\"]", "\"2026-01-01T00:00:00Z\"", true)]
    [InlineData("date", "after", "\"2026-01-02\"", "\"soon\"", false)]
    [InlineData("list", "contains", "\"beta\"", "[\"alpha\",\"beta\"]", true)]
    [InlineData("list", "contains", "1", "[\"1\"]", false)]            // a text is no number in a list either
    [InlineData("list", "in", "[\"beta\",2]", "[1,2]", true)]          // any of its elements
    [InlineData("list", "not_in", "[\"beta\"]", "[\"alpha\"]", true)]
    [InlineData("list", "not_in", "[\"beta\"]", "[]", true)]
    [InlineData("list", "eq", "[1,2]", "[2,1,1]", true)]               // the same elements
    [InlineData("list", "ne", "[1,2]", "[1]", true)]
    [InlineData("list", "contains", "\"beta\"", "\"beta\"", false)]    // a text is no list
    public void A_cell_matches_by_type_and_operator(string type, string op, string? value, string? given, bool matches)
    {
        var router = Tables.Router(
            $$$$"""{"fields":[{"name":"f","type":"{{{{type}}}}"}],"rows":[{"variant":"b","conditions":{"f":{"operator":"{{{{op}}}}"{{{{(value is null ? "" : $",\"value\":{value}")}}}} } } }]}""");
        Assert.Equal(matches ? "b" : null, router.Route(given is null ? "{}" : $$"""{"f":{{given}}}"""));
    }

    [Theory]
    [InlineData("=", "eq")]
    [InlineData("≠", "ne")]
    [InlineData("!=", "ne")]
    [InlineData(">", "gt")]
    [InlineData("≥", "gte")]
    [InlineData("<=", "lte")]
    [InlineData("not-in", "not_in")]
    public void Signs_are_taken_and_stored_as_words(string sign, string word)
    {
        var value = word == "not_in" ? "[1]" : "1";
        var stored = RoutingReader.Store(Tables.Rules($$$$"""{"fields":[{"name":"f","type":"number"}],"rows":[{"variant":"b","conditions":{"f":{"operator":"{{{{sign}}}}","value":{{{{value}}}} } } }]}"""));
        Assert.Contains($"\"operator\":\"{word}\"", stored, StringComparison.Ordinal);
        Assert.NotNull(RoutingReader.Compile(stored!, "iris"));
    }

    [Fact]
    public void All_cells_must_match_and_the_first_row_from_the_top_wins()
    {
        var router = Tables.Router("""
            {"fields":[{"name":"country","type":"string"},{"name":"age","type":"number"}],
             "rows":[{"variant":"old-no","conditions":{"country":{"operator":"eq","value":"NO"},"age":{"operator":"gte","value":60}}},
                     {"variant":"no","conditions":{"country":{"operator":"eq","value":"NO"}}},
                     {"variant":"adult","conditions":{"age":{"operator":"gte","value":18}}}]}
            """);
        Assert.Equal("old-no", router.Route("""{"country":"NO","age":70}"""));
        Assert.Equal("no", router.Route("""{"country":"NO","age":20}"""));
        Assert.Equal("no", router.Route("""{"country":"NO"}"""));
        Assert.Equal("adult", router.Route("""{"country":"SE","age":20}"""));
        Assert.Null(router.Route("""{"country":"SE","age":17}"""));
        Assert.Null(router.Route("{}"));
    }

    [Fact]
    public void A_field_with_a_pointer_is_read_from_the_body_where_the_context_does_not_have_it()
    {
        var router = Tables.Router("""
            {"fields":[{"name":"country","type":"string","pointer":"/rows/1/a~1b"}],"rows":[{"variant":"b","conditions":{"country":{"operator":"eq","value":"NO"}}}]}
            """);
        const string Body = """{"rows":[{},{"a/b":"NO"}]}""";
        Assert.Equal("b", router.Route("{}", body: Body));
        Assert.Null(router.Route("""{"country":"SE"}""", body: Body));
        Assert.Null(router.Route("{}", body: """{"rows":[]}"""));
    }

    [Fact]
    public void Weights_share_those_who_match_and_an_identity_stays_on_its_side()
    {
        const string Table = """
            {"fields":[{"name":"tier","type":"string"},{"name":"customer","type":"string"}],"identity":"customer",
             "rows":[{"variant":"a","conditions":{"tier":{"operator":"eq","value":"gold"}},"weight":20},
                     {"variant":"b","conditions":{"tier":{"operator":"eq","value":"gold"}},"weight":30}]}
            """;
        var router = Tables.Router(Table);
        var seen = Enumerable.Range(0, 4000).Select(i => router.Route($$"""{"tier":"gold","customer":"c{{i}}"}""", draw: 99)).ToList();
        Assert.InRange(seen.Count(v => v == "a"), 700, 900);          // 20 % of 4000; six standard deviations are 150
        Assert.InRange(seen.Count(v => v == "b"), 1020, 1380);
        Assert.Equal(seen, Enumerable.Range(0, 4000).Select(i => router.Route($$"""{"tier":"gold","customer":"c{{i}}"}""", draw: 1)));

        // A larger weight at the end takes some from the default and moves nobody else.
        var wider = Tables.Router(Table.Replace("\"weight\":30", "\"weight\":40", StringComparison.Ordinal));
        for (var i = 0; i < 4000; i++)
        {
            Assert.Equal(seen[i] ?? "b or default", seen[i] is null ? "b or default" : wider.Route($$"""{"tier":"gold","customer":"c{{i}}"}"""));
        }

        // Who is not known is drawn.
        Assert.Equal(["a", "b", null], new[] { 19.9, 20.0, 50.0 }.Select(draw => router.Route("""{"tier":"gold"}""", draw: draw)));
        Assert.Null(router.Route("""{"tier":"silver"}""", draw: 0));
    }

    [Fact]
    public void A_match_allocates_nothing()
    {
        var router = Tables.Router("""
            {"fields":[{"name":"s","type":"string"},{"name":"n","type":"number"},{"name":"l","type":"list"}],
             "rows":[{"variant":"a","conditions":{"s":{"operator":"in","value":["x","y"]},"n":{"operator":"between","value":[1,2]}}},
                     {"variant":"b","conditions":{"l":{"operator":"contains","value":"z"}},"weight":50}]}
            """);
        var values = new ContextValue[router.Fields.Length];
        ContextReader.Read(router, Tables.Json("""{"s":"x","n":9,"l":["z"]}"""), null, values);
        for (var i = 0; i < 100; i++)
        {
            router.Match(values, null, 10);   // compiled
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            router.Match(values, null, 10);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200);   // a run of the compiler's own at most
    }

    [Fact]
    public void Every_request_is_answered_by_the_row_that_the_explanation_names()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < 400; i++)
        {
            var table = RandomTable(random);
            var (router, wrong) = Tables.Read(table);
            Assert.True(wrong.Count == 0, $"seed {seed}: {string.Join(' ', wrong)} in {table}");
            for (var k = 0; k < 5; k++)
            {
                var context = RandomContext(random);
                var (draw, identity) = (random.NextDouble() * 100, random.Next(3) == 0 ? null : $"who-{random.Next(20)}");
                var explained = Explanation.Of(router!, "default", 1, Tables.Json(context), null, identity, draw);
                var answers = explained.Rows.Where(r => r.Answers).ToList();
                var route = router!.Route(context, identity, draw);
                Assert.True(route == (explained.Row == 0 ? null : explained.Variant), $"seed {seed}: {table} {context}");
                Assert.Equal(explained.Row, Assert.Single(answers).Row);                                        // exactly one row answers
                Assert.Equal(explained.Rows.First(r => r.Matched).Row, explained.Row);                          // the first that matches
                Assert.All(explained.Rows, r => Assert.Equal(r.Matched, r.Cells.All(c => c.Matched)));          // all cells must
            }
        }
    }

    [Fact]
    public void A_stored_table_routes_as_the_written_one()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            var table = RandomTable(random);
            var written = Tables.Router(table);
            var stored = RoutingReader.Store(Tables.Rules(table));
            var compiled = stored is null ? Tables.Router("{}") : RoutingReader.Compile(stored, "iris");
            var context = RandomContext(random);
            Assert.True(written.Route(context, "me", 5) == compiled.Route(context, "me", 5), $"seed {seed}: {table} {context}");
        }
    }

    private static readonly (string Name, string Type, string[] Operators)[] Columns =
    [
        ("s", "string", ["eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "exists", "not_exists"]),
        ("n", "number", ["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between", "exists", "not_exists"]),
        ("b", "boolean", ["eq", "ne", "exists", "not_exists"]),
        ("d", "date", ["eq", "ne", "before", "after", "between", "exists", "not_exists"]),
        ("l", "list", ["eq", "ne", "in", "not_in", "contains", "exists", "not_exists"]),
    ];

    private static string RandomTable(Random random)
    {
        var rows = new JsonArray();
        for (var i = random.Next(5); i > 0; i--)
        {
            var conditions = new JsonObject();
            foreach (var (name, type, operators) in Columns.Where(_ => random.Next(3) == 0))
            {
                var op = operators[random.Next(operators.Length)];
                var low = type == "number" ? JsonNode.Parse($"{random.Next(5)}") : JsonNode.Parse($"\"2026-01-0{random.Next(1, 5)}\"");
                JsonNode? value = op switch
                {
                    "exists" or "not_exists" => null,
                    "between" => new JsonArray(low, type == "number" ? JsonNode.Parse("5") : JsonNode.Parse("\"2026-01-09\"")),
                    "in" or "not_in" => new JsonArray(type == "list" ? Scalar(random) : Value(random, type), type == "list" ? Scalar(random) : Value(random, type)),
                    "contains" when type == "list" => Scalar(random),
                    _ => Value(random, type),
                };
                conditions[name] = new JsonObject { ["operator"] = op, ["value"] = value };
            }

            rows.Add(new JsonObject { ["variant"] = $"v{random.Next(3)}", ["conditions"] = conditions, ["weight"] = random.Next(3) == 0 ? random.Next(1, 20) : null });
        }

        var fields = new JsonArray([.. Columns.Select(c => (JsonNode)new JsonObject { ["name"] = c.Name, ["type"] = c.Type })]);
        return new JsonObject { ["fields"] = fields, ["rows"] = rows }.ToJsonString();
    }

    private static string RandomContext(Random random)
    {
        var context = new JsonObject();
        foreach (var (name, type, _) in Columns.Where(_ => random.Next(4) > 0))
        {
            context[name] = Value(random, random.Next(8) == 0 ? Columns[random.Next(Columns.Length)].Type : type);   // now and then of another type
        }

        return context.ToJsonString(JsonSerializerOptions.Default);
    }

    private static JsonNode Scalar(Random random) => random.Next(2) == 0 ? JsonNode.Parse($"{random.Next(4)}")! : JsonNode.Parse($"\"{"abc"[random.Next(3)]}\"")!;

    private static JsonNode Value(Random random, string type) => type switch
    {
        "string" => JsonNode.Parse($"\"{"abc"[random.Next(3)]}\"")!,
        "number" => JsonNode.Parse($"{random.Next(6)}")!,
        "boolean" => JsonNode.Parse(random.Next(2) == 0 ? "true" : "false")!,
        "date" => JsonNode.Parse($"\"2026-01-0{random.Next(1, 9)}\"")!,
        _ => new JsonArray(Scalar(random), Scalar(random)),
    };
}
