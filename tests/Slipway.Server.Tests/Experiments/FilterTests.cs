using Slipway.Server.Experiments.Search;

namespace Slipway.Server.Tests.Experiments;

public sealed class FilterTests
{
    [Theory]
    [InlineData("metrics.x > 0.1", "Metric x Greater")]
    [InlineData("metric.x>=-1e-3", "Metric x GreaterOrEqual")]
    [InlineData("metrics.val/loss.mean<=.5", "Metric val/loss.mean LessOrEqual")]
    [InlineData("metrics.1st != 2", "Metric 1st NotEqual")]
    [InlineData("metrics.`a b>c` < 3", "Metric a b>c Less")]
    [InlineData("metrics.\"a b\" = 3", "Metric a b Equal")]
    [InlineData("params.y = 'a'", "Parameter y Equal a")]
    [InlineData("PARAMETERS.y == \"it's\"", "Parameter y Equal it's")]
    [InlineData("params.lr != '0.1'", "Parameter lr NotEqual 0.1")]
    [InlineData("tags.z LIKE '%b_'", "Tag z Like %b_")]
    [InlineData("tags.mlflow.parentRunId ilike 'X'", "Tag mlflow.parentRunId ILike X")]
    [InlineData("attributes.status IN ('finished', \"Failed\")", "Status In Completed,Failed")]
    [InlineData("status not in ('KILLED')", "Status NotIn Killed")]
    [InlineData("run_name = 'a' and user_id != 'b'", "RunName Equal a; UserId NotEqual b")]
    [InlineData("attributes.start_time > 1700000000000", "StartTime Greater")]
    [InlineData("end_time < '2026-03-01T00:00:00Z'", "EndTime Less")]
    [InlineData("metrics.a > 1 AND params.b = 'and' AnD tags.c = ''", "Metric a Greater; Parameter b Equal and; Tag c Equal ")]
    [InlineData("  ", "")]
    public void The_grammar_is_MLflows(string text, string expected) => Assert.Equal(
        expected,
        string.Join("; ", FilterParser.Filter(text).Value.Select(c => string.Join(' ', new[]
        {
            c.Subject.Attribute?.ToString() ?? $"{c.Subject.Entity} {c.Subject.Name}", c.Comparison.ToString(), c.Texts.Count == 0 ? null : string.Join(',', c.Texts),
        }.Where(p => p is not null)))));

    [Theory]
    [InlineData("metrics.x > 'a'", 13)]
    [InlineData("metrics.x >", 12)]
    [InlineData("metrics.x > 1e400", 13)]
    [InlineData("metrics.x > 0.1.2", 13)]
    [InlineData("metrics.x LIKE '1'", 11)]
    [InlineData("metrics. > 1", 10)]
    [InlineData("params.y > 'a'", 10)]
    [InlineData("params.y = a", 12)]
    [InlineData("params.y IN ('a')", 10)]
    [InlineData("params.y = 'a", 12)]
    [InlineData("tags.z 'a'", 8)]
    [InlineData("colour = 'red'", 1)]
    [InlineData("things.x = 'a'", 1)]
    [InlineData("status = 'Ready'", 10)]
    [InlineData("status IN 'a'", 11)]
    [InlineData("status IN ('Failed' 'Killed')", 21)]
    [InlineData("status IN ('Failed'", 20)]
    [InlineData("metrics.x > 1 or metrics.y > 1", 15)]
    [InlineData("metrics.x > 1 and", 18)]
    [InlineData("metrics.x > 1; drop table runs", 14)]
    [InlineData("(metrics.x > 1)", 1)]
    [InlineData("start_time > 'yesterday'", 14)]
    [InlineData("start_time > -9223372036854775808", 14)]
    public void A_refusal_points_at_the_character(string text, int at)
    {
        var refusal = FilterParser.Filter(text).Refusal!;
        Assert.Equal("invalid_field", refusal.Code);
        Assert.StartsWith($"The filter is wrong at character {at}: ", refusal.Detail, StringComparison.Ordinal);
        Assert.Equal("filter", refusal.Errors!.Keys.Single());
    }

    [Theory]
    [InlineData("metrics.x DESC", "Metric x True")]
    [InlineData("params.`a b`, start_time desc , run_name ASC", "Parameter a b False; StartTime True; RunName False")]
    public void An_order_has_keys_with_directions(string text, string expected) => Assert.Equal(
        expected, string.Join("; ", FilterParser.Order([text]).Value.Select(o => $"{o.Subject.Attribute?.ToString() ?? $"{o.Subject.Entity} {o.Subject.Name}"} {o.Descending}")));

    [Theory]
    [InlineData("metrics.x up")]
    [InlineData("")]
    [InlineData("metrics.x,")]
    [InlineData("a,b,c,d,e,f")]
    public void What_is_no_order_is_refused(string text) => Assert.Equal("order_by", FilterParser.Order([text]).Refusal!.Errors!.Keys.Single());

    [Fact]
    public void Nothing_that_a_person_can_type_breaks_the_parser()
    {
        var random = new Random(11);
        string[] parts = ["metrics", "params", ".", "x", " ", ">", "<=", "'", "\"", "`", "a b", "and", "IN", "(", ")", ",", "1", "-", "e9", "LIKE", "%", "\u4e2d", "\0", "\uD800", "not", "status", "'Failed'"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            _ = FilterParser.Filter(text).Refusal?.Detail;
            _ = FilterParser.Order([text]).Refusal?.Detail;
        }
    }
}
