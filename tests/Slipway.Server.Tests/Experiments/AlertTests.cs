using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

public sealed class AlertTests
{
    [Theory]
    [InlineData("val_loss > 0.5", "val_loss", "Above", 0.5)]
    [InlineData("a/b c >= -1e3", "a/b c", "AtLeast", -1000)]
    [InlineData("metrics.acc<.9", "acc", "Below", 0.9)]
    [InlineData("a>b != 3", "a>b", "NotEqual", 3)]
    [InlineData("x == 1", "x", "Equal", 1)]
    public void A_condition_is_a_metric_a_comparison_and_a_number(string text, string metric, string comparison, double threshold)
    {
        var condition = AlertCondition.Parse(text).Value;
        Assert.Equal((metric, comparison, threshold), (condition.Metric, condition.Comparison.ToString(), condition.Threshold));
    }

    [Theory]
    [InlineData("")]
    [InlineData("loss")]
    [InlineData("loss > high")]
    [InlineData("> 3")]
    [InlineData("loss > NaN")]
    [InlineData("loss > 1e400")]
    [InlineData("loss >> 3")]
    public void What_is_no_condition_is_refused(string text) => Assert.Equal("invalid_field", AlertCondition.Parse(text).Refusal?.Code);

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task An_alert_tells_once_for_each_crossing(string database)
    {
        var heard = new Listener();
        await using var server = await Databases.StartAsync(database, services => services.AddSingleton<IRunAlertListener>(heard));
        var run = await server.Client.GivenRunAsync();
        var created = await server.Client.PostJsonAsync($"/api/v1/runs/{run.Id}/alerts", """{"condition":"loss > 0.5","message":"diverges"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);

        await LossAsync((1, 0.4));
        Assert.Empty(heard.Values);
        await LossAsync((2, 0.6), (3, 0.7));
        Assert.Equal([0.6], heard.Values);            // became true, and stayed so
        await LossAsync((2, 0.6), (3, 0.7));
        await LossAsync((0, 9));
        Assert.Equal([0.6], heard.Values);            // repeated, and of an earlier step: nothing new
        await LossAsync((4, 0.1));
        await LossAsync((5, 0.2), (6, 0.8));
        Assert.Equal([0.6, 0.8], heard.Values);

        var alert = (await server.Client.GetAsync<RunDetail>($"/api/v1/runs/{run.Id}")).Alerts.Single();
        Assert.Equal((true, 2, 0.8, 6L), (alert.IsMet, alert.FiredCount, alert.LastFiredBy!.Value, alert.LastFiredBy.Step));
        await (await server.Client.PostJsonAsync($"/api/v1/runs/{run.Id}/alerts", """{"condition":"loss >= 0.8"}""")).ShouldSucceedAsync();
        Assert.Equal([0.6, 0.8, 0.8], heard.Values);   // true already when it was made

        var messages = (await server.Client.GetAsync<Page<NotificationInfo>>("/api/v1/notifications")).Items;
        Assert.Equal(3, messages.Count);               // who asked and who started the run are one, and get one message each time
        Assert.Contains(messages, m => m.Kind == "run_alert" && m.Text == "diverges Value 0.8 at step 6." && m.Link == $"/runs/{run.Id}");

        await (await server.Client.DeleteAsync($"/api/v1/runs/{run.Id}/alerts/{alert.Id}")).ShouldSucceedAsync();
        await (await server.Client.DeleteAsync($"/api/v1/runs/{run.Id}/alerts/{alert.Id}")).ShouldRefuseAsync(404, "alert_not_found");

        Task LossAsync(params (int Step, double Value)[] points) => server.Client.LoggedAsync(
            run.Id, $$"""{"metrics":[{{string.Join(',', points.Select(p => $$"""{"key":"loss","value":{{p.Value}},"step":{{p.Step}},"timestamp":5}"""))}}]}""");
    }

    private sealed class Listener : IRunAlertListener
    {
        private readonly ConcurrentQueue<double> values = new();

        public IReadOnlyCollection<double> Values => values;

        public Task FiredAsync(SlipwayDbContext unit, RunAlertFired fired, CancellationToken cancellationToken)
        {
            values.Enqueue(fired.Value);
            return Task.CompletedTask;
        }
    }
}
