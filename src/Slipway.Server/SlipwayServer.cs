using Microsoft.Extensions.Logging.Console;
using Slipway.Server.Analytics;
using Slipway.Server.Approvals;
using Slipway.Server.Artifacts;
using Slipway.Server.Autoscaling;
using Slipway.Server.Deployments;
using Slipway.Server.Experiments;
using Slipway.Server.Gateway;
using Slipway.Server.History;
using Slipway.Server.Identity;
using Slipway.Server.Notifications;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Replicas;
using Slipway.Server.Rollouts;
using Slipway.Server.Runtimes;
using Slipway.Server.Schedules;
using Slipway.Server.Status;

namespace Slipway.Server;

/// <summary>The one host: composes the features, in the order of the folder table of docs/architecture.md.</summary>
internal static class SlipwayServer
{
    /// <summary>Builds the host; the caller runs it.</summary>
    /// <param name="configure">Sets options after configuration was read; tests and the command line use it.</param>
    /// <param name="services">Replaces services, for tests (a time provider).</param>
    public static WebApplication Create(Action<ServerOptions> configure, Action<IServiceCollection>? services = null)
    {
        Failpoints.RefuseInRelease();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ApplicationName = "Slipway.Server",
            // appsettings.json is read at the start: watching all below the working folder for changes of it took a second of each start.
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        builder.Services.AddOptions<ServerOptions>().BindConfiguration("Slipway").Configure(configure).ValidateDataAnnotations().ValidateOnStart();
        builder.AddHttpEdge();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.IncludeScopes = true;   // the request id in each line
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });

        // Why the host does not start is thrown to whoever starts it: the host's own line about it is a stack.
        var isStarted = false;
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Warning && Volatile.Read(ref isStarted));
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddPlatform();
        builder.Services.AddIdentity();
        builder.Services.AddNotifications();
        builder.Services.AddApprovals();
        builder.Services.AddArtifacts();
        builder.Services.AddExperiments();
        builder.Services.AddRegistry();
        builder.Services.AddRuntimes();
        builder.Services.AddPackages();
        builder.Services.AddReplicas();
        builder.Services.AddDeployments();
        builder.Services.AddSchedules();
        builder.Services.AddHistory();
        builder.Services.AddAnalytics();
        builder.Services.AddAutoscaling();
        builder.Services.AddRollouts();
        builder.Services.AddGateway();
        builder.Services.AddStatus();
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(() => Volatile.Write(ref isStarted, true));
        app.UseHttpEdge();
        app.UseMiddleware<AuthorisationGate>();
        app.MapPlatform();
        app.MapIdentity();
        app.MapNotifications();
        app.MapApprovals();
        app.MapExperiments();
        app.MapRegistry();
        app.MapRuntimes();
        app.MapPackages();
        app.MapReplicas();
        app.MapDeployments();
        app.MapSchedules();
        app.MapHistory();
        app.MapAnalytics();
        app.MapAutoscaling();
        app.MapRollouts();
        app.MapGateway();
        app.MapStatus();
        return app;
    }
}
