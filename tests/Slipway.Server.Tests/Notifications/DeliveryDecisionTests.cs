using Slipway.Server.Notifications.Webhooks;

namespace Slipway.Server.Tests.Notifications;

public sealed class DeliveryDecisionTests
{
    private static readonly WebhookOptions Options = new();

    [Theory]
    [InlineData(200, 1, "Delivered", null)]
    [InlineData(204, 9, "Delivered", null)]
    [InlineData(302, 1, "Pending", 5)]        // redirects are not followed; the address may be put right
    [InlineData(404, 1, "Pending", 5)]
    [InlineData(500, 2, "Pending", 20)]       // fourfold each time
    [InlineData(null, 3, "Pending", 80)]      // no answer at all
    [InlineData(503, 8, "Pending", 43200)]    // never longer than the longest wait
    [InlineData(500, 10, "Dead", null)]       // given up
    [InlineData(410, 1, "Dead", null)]
    [InlineData(415, 1, "Dead", null)]
    public void A_delivery_is_done_waits_or_is_given_up(int? status, int attempts, string state, int? seconds)
    {
        var step = DeliveryDecision.After(new SendResult(status, null), attempts, Options, 1.0);
        Assert.Equal((state, seconds), (step.State.ToString(), (int?)step.Wait?.TotalSeconds));
        Assert.Equal(status is 410 or 415, step.StopWebhook is not null);
    }

    [Theory]
    [InlineData(2, 5)]             // shorter than the own wait: the own
    [InlineData(600, 600)]         // as asked for
    [InlineData(999_999, 43200)]   // asked for too much
    public void Retry_After_is_honoured(int asked, int seconds) => Assert.Equal(
        seconds, (int)DeliveryDecision.After(new SendResult(429, null, TimeSpan.FromSeconds(asked)), 1, Options, 1.0).Wait!.Value.TotalSeconds);

    [Theory]
    [InlineData("dev.slipway.schedule.failed", "dev.slipway.schedule.execution.failed", true)]    // stored before the type was renamed, not fanned out yet
    [InlineData("dev.slipway.schedule.execution.failed", "dev.slipway.schedule.failed", true)]    // a webhook from then
    [InlineData("dev.slipway.schedule.execution.failed", "dev.slipway.schedule.execution.failed", true)]
    [InlineData("dev.slipway.schedule.failed", "dev.slipway.schedule.execution.fired", false)]
    public void A_renamed_event_is_wanted_by_either_name(string listed, string type, bool wanted) =>
        Assert.Equal(wanted, new Webhook { Name = "n", Url = "u", Events = listed, Secret = [], CreatedBy = "c", Enabled = true }.Wants(type));

    [Fact]
    public void Waits_are_spread_and_a_refused_address_is_given_up_at_once()
    {
        Assert.Equal(3.75, DeliveryDecision.After(new SendResult(500, null), 1, Options, 0).Wait!.Value.TotalSeconds);
        Assert.Equal(DeliveryState.Dead, DeliveryDecision.After(new SendResult(null, "private", Hopeless: true), 1, Options, 0).State);
    }
}
