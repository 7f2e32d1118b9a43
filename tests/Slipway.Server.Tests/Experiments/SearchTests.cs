using Slipway.Contracts;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

public sealed class SearchTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Runs_are_found_by_what_they_logged_and_compare_alike_on_both_databases(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var client = server.Client;
        var longText = new string('x', 100);
        await RunAsync("a", """{"metrics":[{"key":"acc","value":0.9},{"key":"val/loss","value":-1}],"parameters":{"opt":"adam","long":"LONG1"},"tags":{"team":"NLP Größe"}}""");
        await RunAsync("B", """{"metrics":[{"key":"acc","value":0.5}],"parameters":{"opt":"Adam","long":"LONG2"},"tags":{"team":"vision*"}}""");
        await RunAsync("ä", """{"metrics":[{"key":"acc","value":"NaN"}],"parameters":{"opt":"sgd"},"tags":{"team":"100%"}}""");
        await RunAsync("Z_1", """{"metrics":[{"key":"acc","value":"-Infinity"}],"parameters":{"opt":""}}""");
        await RunAsync(null, """{"metrics":[{"key":"acc","value":"Infinity"}]}""");
        await RunAsync("gone", """{"metrics":[{"key":"acc","value":0.9}]}""");
        await (await client.DeleteAsync($"/api/v1/runs/{(await client.GetAsync<Page<RunInfo>>("/api/v1/runs?filter=run_name%20%3D%20%27gone%27")).Items.Single().Id}")).ShouldSucceedAsync();

        Assert.Equal("a ∞", await FoundAsync("metrics.acc > 0.5"));
        Assert.Equal("a B ∞", await FoundAsync("metrics.acc >= 0.5"));
        Assert.Equal("B Z_1", await FoundAsync("metrics.acc < 0.9"));               // NaN is not below anything
        Assert.Equal("B ä Z_1 ∞", await FoundAsync("metrics.acc != 0.9"));
        Assert.Equal("a", await FoundAsync("metrics.val/loss = -1"));
        Assert.Equal("", await FoundAsync("metrics.never > 0"));
        Assert.Equal("a", await FoundAsync("params.opt = 'adam'"));                 // case counts
        Assert.Equal("B ä Z_1", await FoundAsync("params.opt != 'adam'"));
        Assert.Equal("a", await FoundAsync("params.opt LIKE 'a%'"));
        Assert.Equal("a B", await FoundAsync("params.opt ILIKE 'A_AM'"));
        Assert.Equal("Z_1", await FoundAsync("params.opt = ''"));
        Assert.Equal("a", await FoundAsync("tags.team ILIKE 'nlp GRÖ%'"));
        Assert.Equal("B", await FoundAsync("tags.team LIKE '%*'"));                 // what GLOB would read as its own is a plain character
        Assert.Equal("ä", await FoundAsync("tags.team = '100%'"));
        Assert.Equal("a", await FoundAsync($"params.long = '{longText}1'"));        // equal in all that an index holds
        Assert.Equal("B", await FoundAsync($"params.long != '{longText}1'"));
        Assert.Equal("a", await FoundAsync("attributes.run_name ILIKE 'A'"));
        Assert.Equal("ä", await FoundAsync("attributes.run_name ILIKE 'Ä'"));
        Assert.Equal("a B", await FoundAsync("metrics.acc > 0 and params.opt ILIKE 'adam' and attributes.status IN ('Running')"));
        Assert.Equal("", await FoundAsync("status = 'Failed'"));
        Assert.Equal("a B ä Z_1 ∞", await FoundAsync("start_time > 1000 and user_id = 'test-administrator'"));
        Assert.Equal("gone", await FoundAsync("metrics.acc = 0.9", "&view=deleted"));

        Assert.Equal("∞ a B Z_1 ä", await FoundAsync("", "&order_by=metrics.acc%20DESC", inOrder: true));   // NaN and what is missing come last, either way
        Assert.Equal("Z_1 B a ∞ ä", await FoundAsync("", "&order_by=metrics.acc", inOrder: true));
        Assert.Equal("B Z_1 a ä ∞", await FoundAsync("", "&order_by=run_name", inOrder: true));             // byte by byte
        Assert.Equal("Z_1 B a ä ∞", await FoundAsync("", "&order_by=params.opt", inOrder: true));
        Assert.Equal("∞ Z_1 ä B a", await FoundAsync("", "", inOrder: true));                               // the latest first

        foreach (var order in new[] { "", "&order_by=metrics.acc%20DESC", "&order_by=params.opt,metrics.acc", "&order_by=run_name%20DESC", "&order_by=end_time", "&order_by=user_id&order_by=status" })
        {
            Assert.Equal(await FoundAsync("", order, inOrder: true), await PagedAsync(order));
        }

        async Task RunAsync(string? name, string log)
        {
            var run = await client.GivenRunAsync("churn", name);
            await client.LoggedAsync(run.Id, log.Replace("LONG", longText, StringComparison.Ordinal));
            await Task.Delay(2);   // each starts in a millisecond of its own
        }

        async Task<string> FoundAsync(string filter, string rest = "", bool inOrder = false)
        {
            var runs = (await client.GetAsync<Page<RunInfo>>($"/api/v1/experiments/churn/runs?filter={Uri.EscapeDataString(filter)}{rest}")).Items;
            return string.Join(' ', (inOrder ? runs : runs.Reverse()).Select(r => r.Name ?? "∞"));
        }

        async Task<string> PagedAsync(string rest)
        {
            var names = new List<string>();
            for (var token = ""; token is not null;)
            {
                var page = await client.GetAsync<Page<RunInfo>>($"/api/v1/experiments/churn/runs?limit=2{rest}&page_token={token}");
                names.AddRange(page.Items.Select(r => r.Name ?? "∞"));
                token = page.NextPageToken;
            }

            return string.Join(' ', names);
        }
    }

    [Fact]
    public async Task A_search_over_all_experiments_leaves_the_archived_out_and_a_token_is_good_for_its_search_only()
    {
        await using var server = await TestServer.StartAsync();
        var first = await server.Client.GivenRunAsync("one");
        var second = await server.Client.GivenRunAsync("two");
        await server.Client.GivenRunAsync("old");
        var child = await server.Client.GivenRunAsync("one", parent: first.Id);
        await (await server.Client.PostAsync("/api/v1/experiments/old/archive", null)).ShouldSucceedAsync();

        Assert.Equal(3, (await server.Client.GetAsync<Page<RunInfo>>("/api/v1/runs")).Items.Count);
        Assert.Equal(second.Id, (await server.Client.GetAsync<Page<RunInfo>>("/api/v1/runs?experiment=two")).Items.Single().Id);
        Assert.Equal(child.Id, (await server.Client.GetAsync<Page<RunInfo>>($"/api/v1/runs?filter=parent_run_id%20%3D%20%27{first.Id}%27")).Items.Single().Id);
        var token = (await server.Client.GetAsync<Page<RunInfo>>("/api/v1/runs?limit=1")).NextPageToken;
        await (await server.Client.GetAsync($"/api/v1/runs?limit=1&page_token={token}&order_by=run_name")).ShouldRefuseAsync(400, "page_token_invalid");
        await (await server.Client.GetAsync("/api/v1/runs?page_token=eA")).ShouldRefuseAsync(400, "page_token_invalid");
        await (await server.Client.GetAsync("/api/v1/runs?experiment=nowhere")).ShouldRefuseAsync(404, "experiment_not_found");
        await (await server.Client.GetAsync("/api/v1/runs?view=some")).ShouldRefuseAsync(400, "invalid_field");
        var problem = await (await server.Client.GetAsync("/api/v1/runs?filter=metrics.x%20%3E%20%27a%27")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Equal("The filter is wrong at character 13: a number is expected.", problem.Detail);
    }
}
