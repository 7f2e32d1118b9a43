using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway deployments autoscaling</c> and <c>balancing</c>: what the number of replicas follows, and how requests are spread over them.</summary>
internal static class ScalingCommands
{
    public static Command Autoscaling()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var options = new ScalingOptions();
        return options.AddTo(new Command("autoscaling", "Show or change what the number of replicas follows. Example: slipway deployments autoscaling iris --enabled true --max 8 --concurrency-target 4")
        {
            name, environment,
        }).Runs(async (parse, context, cancellationToken) =>
        {
            var path = $"{await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken)}/autoscaling";
            if (options.Read(parse) is { } request)
            {
                var update = await context.Api.PatchAsync(path, request, ContractsJson.Default.AutoscalingRequest, ContractsJson.Default.AutoscalingUpdate, cancellationToken);
                context.Write(update, ContractsJson.Default.AutoscalingUpdate, u =>
                {
                    CommandContext.Say($"{u.Status}: {u.Message}");
                    Describe(u.Settings);
                });
                return ExitCode.Done;
            }

            context.Write(await context.Api.GetAsync(path, ContractsJson.Default.AutoscalingInfo, cancellationToken), ContractsJson.Default.AutoscalingInfo, info =>
            {
                Describe(info.Settings);
                foreach (var set in info.Sets)
                {
                    Console.Out.WriteLine($"r{set.Revision} {set.Variant}: {set.Ready} of {set.Planned} ready, {set.Reason}: {set.Detail}");
                }
            });
            return ExitCode.Done;
        });
    }

    public static Command Balancing()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var on = new Option<bool?>("--enabled") { Description = "false: each replica in turn, nothing else." };
        var algorithm = new Option<string?>("--algorithm") { Description = "round_robin, least_connections or ip_hash." };
        var sticky = new Option<string?>("--sticky") { Description = "none, cookie or header." };
        var stickyName = new Option<string?>("--sticky-name") { Description = "Name of the cookie or header." };
        var failures = new Option<int?>("--ejection-failures") { Description = "Failures in a row after which a replica is passed over; 0: never." };
        var seconds = new Option<double?>("--ejection-seconds") { Description = "For how long, the first time." };
        var share = new Option<int?>("--max-ejected") { Description = "Most of the replicas that may be out at a time, in %." };
        return new Command("balancing", "Show or change how requests are spread. Example: slipway deployments balancing iris --algorithm least_connections --sticky cookie")
        {
            name, environment, on, algorithm, sticky, stickyName, failures, seconds, share,
        }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var request = new LoadBalancerRequest(
                parse.GetValue(on), parse.GetValue(algorithm), parse.GetValue(sticky), parse.GetValue(stickyName), parse.GetValue(failures), parse.GetValue(seconds), parse.GetValue(share));
            var deployment = request == new LoadBalancerRequest()
                ? await context.Api.GetAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken)
                : await context.Api.PatchAsync(
                    path, new UpdateDeploymentRequest(LoadBalancer: request), ContractsJson.Default.UpdateDeploymentRequest, ContractsJson.Default.DeploymentInfo, cancellationToken);
            context.Write(deployment, ContractsJson.Default.DeploymentInfo, d => CommandContext.WriteFacts(
                ("load balancer", d.LoadBalancer.Enabled ? d.LoadBalancer.Algorithm : "off: each replica in turn"),
                ("sticky", d.LoadBalancer.Sticky == "none" ? "no" : $"by the {d.LoadBalancer.Sticky} {d.LoadBalancer.StickyName}"),
                ("passed over", d.LoadBalancer.EjectionFailures == 0
                    ? "never"
                    : $"after {d.LoadBalancer.EjectionFailures} failures in a row, for {d.LoadBalancer.EjectionSeconds:0.#} s, at most {d.LoadBalancer.MaxEjectedPercentage} % of the replicas")));
            return ExitCode.Done;
        });
    }

    public static Command Health()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var interval = new Option<double?>("--interval") { Description = "Seconds between two pings, and two checks of a program; 0.5 to 60; 0: the server's own." };
        var startup = new Option<double?>("--startup-threshold") { Description = "Seconds to a loaded model, 1 to 7200." };
        var stop = new Option<double?>("--stop-traffic-threshold") { Description = "Seconds of silence before a replica gets no requests, 1 to 3000." };
        var restart = new Option<double?>("--restart-threshold") { Description = "Seconds of silence before it is restarted, 1 to 3600." };
        var asked = new Option<string?>("--path") { Description = "What a program (runtime: command) is asked at, such as /health, instead of its config.yaml's; \"\": that one again." };
        return new Command("health", "Show or change how its replicas are watched. Example: slipway deployments health word-counter --path /health --interval 1") { name, environment, interval, startup, stop, restart, asked }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var request = new HealthCheckRequest(parse.GetValue(interval), parse.GetValue(startup), parse.GetValue(stop), parse.GetValue(restart), parse.GetValue(asked));
            var deployment = request == new HealthCheckRequest()
                ? await context.Api.GetAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken)
                : await context.Api.PatchAsync(
                    path, new UpdateDeploymentRequest(HealthCheck: request), ContractsJson.Default.UpdateDeploymentRequest, ContractsJson.Default.DeploymentInfo, cancellationToken);
            context.Write(deployment, ContractsJson.Default.DeploymentInfo, d => CommandContext.WriteFacts(
                ("ping", $"every {d.HealthCheck.IntervalSeconds:0.#} s"),
                ("loads", $"within {d.HealthCheck.StartupThresholdSeconds:0.#} s"),
                ("no requests", $"after {d.HealthCheck.StopTrafficThresholdSeconds:0.#} s of silence"),
                ("restart", $"after {d.HealthCheck.RestartThresholdSeconds:0.#} s of silence"),
                ("a program", d.HealthCheck.Path is { } at ? $"is asked at {at}" : "is asked as its config.yaml says")));
            return ExitCode.Done;
        });
    }

    public static Command Metrics()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("metrics", "How it is now: the last minute, and each replica.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            context.Write(await context.Api.GetAsync(path + "/metrics", ContractsJson.Default.LiveMetrics, cancellationToken), ContractsJson.Default.LiveMetrics, m =>
            {
                CommandContext.WriteFacts(
                    ("requests", $"{m.RequestsPerSecond:0.0} /s, {(m.ErrorRate is { } failed ? $"{failed * 100:0.##} % failed" : "none failed")}"),
                    ("latency", m.P50Ms is null ? null : $"p50 {m.P50Ms:0.#} ms, p95 {m.P95Ms:0.#} ms, p99 {m.P99Ms:0.#} ms"),
                    ("now", $"{m.InFlight} on replicas, {m.Queued} queued, {m.Parked} parked"),
                    ("replicas", $"{m.ReplicasReady} ready"),
                    ("cpu", m.CpuCores is { } cores ? $"{cores:0.00} cores" : null),
                    ("gpu", m.GpuPercentage is { } busy ? $"{busy:0} %" : null),
                    ("memory", m.ResidentBytes is { } bytes ? $"{bytes / 1048576} MiB" : null));
                foreach (var v in m.Variants is { Count: > 1 } several ? several : [])
                {
                    Console.Out.WriteLine(
                        $"r{v.Revision} {v.Variant}: {v.RequestsPerSecond:0.0} /s, {(v.ErrorRate is { } share ? $"{share * 100:0.##} % failed" : "none failed")}{(v.P95Ms is { } slow ? $", p95 {slow:0.#} ms" : "")}{(v.FallbackPerSecond > 0 ? $", {v.FallbackPerSecond:0.0} /s answered by its fallback" : "")}");
                }

                foreach (var r in m.Replicas)
                {
                    Console.Out.WriteLine(
                        $"{r.Id[^8..]} {(r.Ejected ? "passed over" : r.State)}: {r.RequestsPerSecond ?? 0:0.0} /s, {(r.P95Ms is { } p95 ? $"p95 {p95:0.#} ms, " : "")}{r.InFlight} in flight");
                }
            });
            return ExitCode.Done;
        });
    }

    private static void Describe(AutoscalingSettings s) => CommandContext.WriteFacts(
        ("autoscaling", s.Enabled ? "on: the number follows the load" : "off: the number is set by hand"),
        ("replicas", $"{s.MinReplicas} to {s.MaxReplicas}{(s.MinReplicas == 0 ? $"; at zero after {s.ScaleDownDelaySeconds:0.#} s without a request" : "")}"),
        ("target", $"{s.ConcurrencyTarget} requests at a time per replica, at {s.TargetUtilizationPercentage} %"),
        ("window", $"{s.AutoscalingWindowSeconds:0.#} s; down after {s.ScaleDownDelaySeconds:0.#} s{(s.MaxScaleDownRate is { } rate ? $", at most {rate} % a step" : "")}"),
        ("cpu", s.TargetCpuPercentage is { } cpu ? $"{cpu} %" : null),
        ("memory", s.TargetMemoryPercentage is { } memory ? $"{memory} %" : null),
        ("gpu", s.TargetGpuPercentage is { } gpu ? $"{gpu} %" : null),
        ("variants", s.Variants is { Count: > 0 } own ? string.Join(", ", own.Select(v => $"{v.Key}: {v.Value.MinReplicas ?? s.MinReplicas} to {v.Value.MaxReplicas ?? s.MaxReplicas} replicas")) : null));
}
