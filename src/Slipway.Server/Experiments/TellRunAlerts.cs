using Microsoft.EntityFrameworkCore;
using Slipway.Server.Notifications;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Tells whoever asked for an alert, and whoever started the run, that it fired.</summary>
internal sealed class TellRunAlerts(Notices notices) : IRunAlertListener
{
    public async Task FiredAsync(SlipwayDbContext unit, RunAlertFired fired, CancellationToken cancellationToken)
    {
        var run = await unit.Set<Run>().Where(r => r.Id == fired.RunId).Select(r => new { r.UserId, r.Name }).SingleAsync(cancellationToken);
        var people = new[] { fired.CreatedById, run.UserId }.Where(id => id != Guid.Empty).Distinct().ToList();   // the system reads no messages
        var value = fired.Value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture);
        await notices.SendAsync(
            unit, NotificationKind.RunAlert, people,
            new Notice($"{run.Name ?? $"Run {fired.RunId[^8..]}"}: {fired.Condition}", $"{fired.Message ?? "The condition became true."} Value {value} at step {fired.Step}.", $"/runs/{fired.RunId}"),
            cancellationToken);
    }
}
