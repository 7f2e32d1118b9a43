using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

public sealed class LoggingTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_parameter_is_written_once_and_the_same_value_again_is_fine(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        await server.Client.LoggedAsync(run.Id, """{"parameters":{"lr":"0.1"}}""");
        await server.Client.LoggedAsync(run.Id, """{"parameters":{"lr":"0.1","depth":"3"}}""");
        var before = await server.TracesAsync();
        await (await server.Client.LogAsync(run.Id, """{"parameters":{"new":"1","lr":"0.2"},"tags":{"t":"1"},"metrics":[{"key":"m","value":1}]}""")).ShouldRefuseAsync(409, "parameter_already_logged");
        Assert.Equal(before, await server.TracesAsync());   // not the new parameter either, nor the names
        Assert.Equal(["depth", "lr"], (await server.Client.RunAsync(run.Id)).Parameters.Keys);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task The_latest_value_has_the_highest_step_then_timestamp_then_value(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        await server.Client.LoggedAsync(run.Id, """{"metrics":[{"key":"m","value":1,"step":5,"timestamp":10},{"key":"m","value":9,"step":4,"timestamp":99}]}""");
        Assert.Equal(1, await LatestAsync());
        await server.Client.LoggedAsync(run.Id, """{"metrics":[{"key":"m","value":-2,"step":5,"timestamp":11}]}""");
        Assert.Equal(-2, await LatestAsync());
        await server.Client.LoggedAsync(run.Id, """{"metrics":[{"key":"m","value":-3,"step":5,"timestamp":11},{"key":"m","value":"NaN","step":5,"timestamp":11}]}""");
        Assert.Equal(-2, await LatestAsync());
        await server.Client.LoggedAsync(run.Id, """{"metrics":[{"key":"m","value":"Infinity","step":5,"timestamp":11}]}""");
        Assert.Equal(double.PositiveInfinity, await LatestAsync());
        await server.Client.LoggedAsync(run.Id, """{"metrics":[{"key":"m","value":"NaN","step":6,"timestamp":0},{"key":"m","value":"-Infinity","step":-7,"timestamp":0}]}""");
        Assert.Equal(double.NaN, await LatestAsync());

        var history = await server.Client.GetAsync<Page<MetricPoint>>($"/api/v1/runs/{run.Id}/metrics?key=m");
        Assert.Equal(
            [(-7, double.NegativeInfinity), (4, 9), (5, 1), (5, double.NaN), (5, -3), (5, -2), (5, double.PositiveInfinity), (6, double.NaN)], history.Items.Select(p => (p.Step, p.Value)));

        async Task<double> LatestAsync() => (await server.Client.RunAsync(run.Id)).Metrics["m"].Value;
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task History_pages_and_series_thin_out(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        for (var from = 0; from < 2000; from += 1000)
        {
            await server.Client.LoggedAsync(run.Id, $$"""{"metrics":[{{string.Join(',', Enumerable.Range(from, 1000).Select(i => $$"""{"key":"loss","value":{{i}}.5,"step":{{i}},"timestamp":7}"""))}}]}""");
        }

        var steps = new List<long>();
        for (var token = ""; token is not null;)
        {
            var page = await server.Client.GetAsync<Page<MetricPoint>>($"/api/v1/runs/{run.Id}/metrics?key=loss&limit=300&page_token={token}");
            steps.AddRange(page.Items.Select(p => p.Step));
            token = page.NextPageToken;
        }

        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (long)i), steps);
        var series = (await server.Client.GetAsync<Page<MetricSeries>>($"/api/v1/runs/{run.Id}/series?points=100")).Items.Single();
        Assert.Equal(("loss", 2000L, 1999.5), (series.Key, series.Count, series.Points[^1].Value));
        Assert.InRange(series.Points.Count, 90, 100);
        await (await server.Client.GetAsync($"/api/v1/runs/{run.Id}/series?points=1")).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.GetAsync($"/api/v1/runs/{run.Id}/metrics?key=other")).ShouldRefuseAsync(404, "metric_not_found");
    }

    [Fact]
    public async Task A_batch_that_is_repeated_stores_nothing_twice()
    {
        await using var server = await TestServer.StartAsync();
        var run = await server.Client.GivenRunAsync();
        const string batch = """{"metrics":[{"key":"loss","value":0.25,"step":3,"timestamp":1000}],"parameters":{"a":"b"},"tags":{"c":"d"}}""";
        await server.Client.LoggedAsync(run.Id, batch);
        var before = await server.TracesAsync();
        await server.Client.LoggedAsync(run.Id, batch);
        Assert.Equal(before, await server.TracesAsync());
    }

    public static TheoryData<string, int, string> Refused => new()
    {
        { """{}""", 400, "invalid_field" },                                                                        // nothing
        { """{"metrics":[{"key":"m","value":1e400}]}""", 400, "invalid_json" },                                    // no double holds it
        { """{"metrics":[{"key":"m","value":true}]}""", 400, "invalid_field" },
        { """{"metrics":[{"key":"m","value":"1"}]}""", 400, "invalid_field" },
        { """{"metrics":[{"key":"m"}]}""", 400, "invalid_field" },
        { """{"metrics":[{"key":"m","value":1,"timestamp":-1}]}""", 400, "invalid_field" },
        { """{"metrics":[{"key":"m","value":1,"step":1.5}]}""", 400, "invalid_field" },
        { """{"metrics":[null]}""", 400, "invalid_field" },
        { """{"metrics":[{"key":"","value":1}]}""", 400, "invalid_field" },
        { $$"""{"metrics":[{"key":"{{new string('k', 251)}}","value":1}]}""", 400, "invalid_field" },
        { """{"parameters":{"a\u0000":"b"}}""", 400, "invalid_json" },
        { """{"parameters":{"a":"\ud800"}}""", 400, "invalid_json" },                                              // half a pair
        { """{"parameters":{"a":null}}""", 400, "invalid_field" },
        { """{"parameters":{"a":1}}""", 400, "invalid_field" },
        { """{"parameters":{"a":"1","a":"2"}}""", 400, "invalid_json" },
        { """{"parameters":{"a\u200b":"zero width"}}""", 400, "invalid_field" },
        { $$"""{"parameters":{"a":"{{new string('v', 6001)}}"} }""", 400, "invalid_field" },
        { $$"""{"parameters":{"a":"{{new string('v', 10_000_000)}}"} }""", 413, "body_too_large" },
        { $$"""{"tags":{"a":"{{new string('v', 8001)}}"} }""", 400, "invalid_field" },
        { $$"""{"x":{{new string('[', 65)}}{{new string(']', 65)}} }""", 400, "invalid_json" },                    // deeper than 64
        { $$"""{"parameters":{ {{string.Join(',', Enumerable.Range(0, 101).Select(i => $"\"p{i}\":\"\""))}} } }""", 400, "invalid_field" },
        { $$"""{"metrics":[{{string.Join(',', Enumerable.Repeat("""{"key":"m","value":1}""", 1001))}}]}""", 400, "invalid_field" },
    };

    [Fact]
    public async Task What_is_past_a_limit_is_refused_and_nothing_is_stored()
    {
        await using var server = await TestServer.StartAsync();
        var run = await server.Client.GivenRunAsync();
        var before = await server.TracesAsync();
        foreach (var row in Refused)
        {
            var (json, status, code) = row.Data;
            await (await server.Client.LogAsync(run.Id, json)).ShouldRefuseAsync(status, code);
        }

        await (await server.Client.LogAsync(new string('0', 32), """{"tags":{"a":"b"}}""")).ShouldRefuseAsync(404, "run_not_found");
        Assert.Equal(before, await server.TracesAsync());
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task What_is_at_a_limit_is_stored(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        var (key, value) = (new string('ä', 250), new string('\u4e2d', 6000));
        await server.Client.LoggedAsync(run.Id, $$"""{"parameters":{"{{key}}":"{{value}}","a/b c:d.e-f_g":"","е":"Cyrillic","e":"Latin","Case":"1","case":"2"},"tags":{"t":"{{new string('x', 8000)}}"},"metrics":[{"key":"max","value":1.7976931348623157e308,"step":9223372036854775807,"timestamp":9223372036854775807},{"key":"min","value":5e-324},{"key":"zero","value":-0.0}]}""");
        var stored = await server.Client.RunAsync(run.Id);
        Assert.Equal((6, value, "Cyrillic", "Latin"), (stored.Parameters.Count, stored.Parameters[key], stored.Parameters["е"], stored.Parameters["e"]));
        Assert.Equal((double.MaxValue, double.Epsilon, 0.0), (stored.Metrics["max"].Value, stored.Metrics["min"].Value, stored.Metrics["zero"].Value));
        var columns = await server.Client.GetAsync<ExperimentColumns>("/api/v1/experiments/churn/columns");
        Assert.Equal(["max", "min", "zero"], columns.Metrics);
        Assert.Equal((6, 1, false), (columns.Parameters.Count, columns.Tags.Count, columns.Truncated));
    }

    [Fact]
    public void Stored_values_sort_as_numbers_do_with_NaN_first()
    {
        double[] ascending = [double.NaN, double.NegativeInfinity, double.MinValue, -1, -double.Epsilon, 0, double.Epsilon, 1, double.MaxValue, double.PositiveInfinity];
        Assert.Equal(ascending, ascending.Select(MetricValue.Encode).Order().Select(MetricValue.Decode));
        Assert.Equal(MetricValue.Encode(0), MetricValue.Encode(-0.0));
        var random = new Random(7);
        for (var i = 0; i < 10_000; i++)
        {
            var (a, b) = (BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)), BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)));
            if (!double.IsNaN(a) && !double.IsNaN(b))
            {
                Assert.Equal(a.CompareTo(b), MetricValue.Encode(a).CompareTo(MetricValue.Encode(b)));
                Assert.Equal(a, MetricValue.Decode(MetricValue.Encode(a)));
            }
        }
    }
}
