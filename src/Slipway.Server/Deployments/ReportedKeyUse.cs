using Slipway.Server.Identity;

namespace Slipway.Server.Deployments;

/// <summary>Tells Identity which keys predictions have used: the gateway authenticates by the route table and says so only in its reports.</summary>
internal sealed class ReportedKeyUse(GatewayReports reports, KeyDirectory keys) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        reports.Taken += Take;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        reports.Taken -= Take;
        return Task.CompletedTask;
    }

    private void Take(GatewayReport report)
    {
        foreach (var use in report.Keys)
        {
            keys.Used(use.KeyId, use.LastUsedAt);
        }
    }
}
