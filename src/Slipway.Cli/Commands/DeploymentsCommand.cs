using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway deployments …</c></summary>
internal static class DeploymentsCommand
{
    public static Command Create()
    {
        var deployments = Own();
        foreach (var command in RevisionCommands.All().Concat(PromotionCommands.All()).Concat(RoutingCommands.All()).Concat(FollowCommands.All()).Concat(DraftCommands.All()))
        {
            deployments.Subcommands.Add(command);
        }

        return deployments;
    }

    private static Command Own() => new("deployments", "Deployments: list, show, create, edit, update, scale, wake, promote, roll back, stop, start, restart, delete.")
    {
        List(), Show(), StatusChangesCommand.Create(), Replicas(), Rollouts(), EditDeploymentCommand.Create(), Update(), Scale(), ScalingCommands.Autoscaling(), ScalingCommands.Balancing(), ScalingCommands.Health(), ScalingCommands.Metrics(), AnalyticsCommand.Create(),
        Operation("stop", "Stop it: all replicas end, the endpoint answers 404."),
        Operation("start", "Start it again with its last live revision."),
        Operation("restart", "Replace its replicas one by one, without a new build."),
        Operation("wake", "Wake it from zero; requests do so by themselves."),
        Retry(),
        Delete(),
    };

    /// <summary>One deployment as facts on standard output.</summary>
    internal static void Describe(DeploymentInfo d) => CommandContext.WriteFacts(
        ("deployment", $"{d.Environment}/{d.Name}"),
        ("status", d.StatusDetail is null ? d.Status : $"{d.Status}: {d.StatusDetail} [{d.StatusReason}]"),
        ("live", d.Live is { } live ? $"revision {live.Number} ({live.Name}), {string.Join(", ", live.Variants.Select(v => $"{v.Model} v{v.ModelVersion}{(v.Placement == "gateway" ? " in the gateway" : "")}"))}" : "nothing yet"),
        ("rollout", d.Rollout is { } r ? $"{r.Status} to revision {r.ToRevision}, {r.PercentTrafficToNewVersion} % of the traffic" : null),
        ("replicas", $"{d.ReplicasReady} of {d.ReplicasWanted} ready (min {d.MinReplicas}, max {d.MaxReplicas})"),
        ("follows", FollowCommands.Words(d.Following)),
        ("endpoint", d.Endpoint),
        ("owner", d.Owner),
        ("title", d.Title),
        ("description", d.Description),
        ("labels", d.Labels.Count == 0 ? null : string.Join(", ", d.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"))),
        ("strategy", d.Mode == "live" ? null : d.Strategy ?? "as the environment says"),
        ("a request", $"at most {d.TimeoutSeconds:0.#} s{(d.Idempotent ? ", sent again when its replica is lost" : "")}"),
        ("created", CommandContext.Time(d.CreatedAt)));

    private static Command List()
    {
        var environment = DeploymentNames.EnvironmentOption();
        var label = new Option<string?>("--label") { Description = "Only those with this label, of their own or of their live revision: KEY or KEY:VALUE." };
        var status = new Option<string?>("--status") { Description = "Only those in this status, such as ACTIVE or FAILED." };
        var search = new Option<string?>("--search") { Description = "Only those with this in name or title." };
        return new Command("list", "All deployments. Example: slipway deployments list --status FAILED") { environment, label, status, search }.Runs(async (parse, context, cancellationToken) =>
        {
            var filter = Queries.Of([("environment", parse.GetValue(environment)), ("label", parse.GetValue(label)), ("status", parse.GetValue(status)), ("q", parse.GetValue(search))]);
            var items = await context.Api.ListAsync($"/api/v1/deployments{filter}", ContractsJson.Default.PageDeploymentInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<DeploymentInfo>(items, null), ContractsJson.Default.PageDeploymentInfo, "No deployments yet. Make one with: slipway push DIR",
                ["NAME", "ENVIRONMENT", "STATUS", "MODEL", "REPLICAS", "P95", "FAILED", "OWNER"],
                d => [d.Name, d.Environment, d.Status, d.Live is { } live ? string.Join(", ", live.Variants.Select(v => $"{v.Model} v{v.ModelVersion}")) : null, $"{d.ReplicasReady}/{d.ReplicasWanted}",
                    d.P95Ms is { } p95 ? $"{p95:0.#} ms" : null, d.ErrorRate is { } failed ? $"{failed * 100:0.##} %" : null, d.Owner]);
            return ExitCode.Done;
        });
    }

    private static Command Show()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("show", "One deployment.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            context.Write(await context.Api.GetAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken), ContractsJson.Default.DeploymentInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Replicas()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("replicas", "Its processes.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var page = await context.Api.GetAsync(path + "/replicas", ContractsJson.Default.PageReplicaInfo, cancellationToken);
            context.WriteTable(
                page, ContractsJson.Default.PageReplicaInfo, "No replicas.", ["REPLICA", "STATE", "PID", "REVISION", "MEMORY", "RESTARTS", "LAST EXIT"],
                r => [r.Id[..Math.Min(8, r.Id.Length)], r.State, r.Placement == "gateway" ? "gateway" : r.Pid?.ToString(), r.Revision?.ToString(), r.ResidentBytes is { } b ? $"{b / 1048576} MiB" : null, r.Restarts.ToString(), r.LastExit is null ? null : $"{r.LastExit}: {r.LastExitDetail}"]);
            return ExitCode.Done;
        });
    }

    private static Command Rollouts()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("rollouts", "What went live when, newest first.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var page = await context.Api.GetAsync(path + "/rollouts", ContractsJson.Default.PageRolloutInfo, cancellationToken);
            context.WriteTable(
                page, ContractsJson.Default.PageRolloutInfo, "No rollouts.", ["STARTED", "FROM", "TO", "STATUS", "BY", "REASON"],
                r => [CommandContext.Time(r.StartedAt), r.FromRevision?.ToString(), r.ToRevision.ToString(), r.Status, r.StartedBy, r.ErrorMessage]);
            return ExitCode.Done;
        });
    }

    private static Command Update()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var version = new Option<string?>("--version") { Description = "Version of the model: 3, v3 or a label." };
        var baseImage = new Option<string?>("--base-image") { Description = "Base image." };
        var placement = new Option<string?>("--placement") { Description = "replica, or gateway: run an ONNX model inside the gateway's process (administrators)." };
        var package = PackageResources();
        var file = RoutingCommands.FileOption();
        var secrets = new Option<string?>("--secrets") { Description = "All names of secrets that it uses, with commas; an empty text: none." };
        var (how, size, wait) = (new StrategyOptions(), new ResourceOptions(), RolloutWatch.WaitOption());
        var comment = new Option<string?>("--comment") { Description = "Why, for reviewers where the environment asks for approval." };
        var command = how.On(size.On(new Command("update", "Roll out another version, base image, size or placement. Example: slipway deployments update iris --version 4 --strategy canary --window 600")
        {
            name, environment, version, baseImage, package, placement, secrets, wait, comment, file,
        }));
        return command.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var read = parse.GetValue(file) is { } from ? await RequestFile.ReadAsync(from, ContractsJson.Default.CreateRevisionRequest, cancellationToken) : null;
            var (cpu, memory, gpus, gpuType, storage, network) = size.Read(parse);
            var rollout = await context.Api.PostAsync(
                path + "/revisions", read is not null ? read with { Rollout = how.Read(parse) ?? read.Rollout, Comment = parse.GetValue(comment) ?? read.Comment } : new CreateRevisionRequest(parse.GetValue(version), null, parse.GetValue(baseImage), cpu, memory, Placement: parse.GetValue(placement), Rollout: how.Read(parse)) with
                {
                    GpuCount = gpus, GpuType = gpuType, StorageGb = storage, NetworkMbps = network, Comment = parse.GetValue(comment), PackageResources = parse.GetValue(package) ? true : null,
                    Secrets = parse.GetValue(secrets)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                },
                ContractsJson.Default.CreateRevisionRequest, ContractsJson.Default.RolloutInfo, cancellationToken);
            RolloutNotes.Say(rollout.Notes);
            var isInPlace = IsInPlace(read, rollout);
            if (isInPlace || !parse.GetValue(wait))
            {
                context.Write(rollout, ContractsJson.Default.RolloutInfo, r => Console.Out.WriteLine(isInPlace
                    ? $"Only bounds of variants differed. They are set in place; revision {r.ToRevision} stays live and nothing is rolled out."
                    : Started(r)));
                return ExitCode.Done;
            }

            rollout = await RolloutWatch.UntilEndedAsync(context, rollout, cancellationToken);
            if (context.Json)
            {
                context.Write(rollout, ContractsJson.Default.RolloutInfo, _ => { });
            }

            return rollout.Status == "SUCCEEDED" ? ExitCode.Done : ExitCode.DeployFailed;
        });
    }

    /// <summary>Of an update and a push.</summary>
    internal static Option<bool> PackageResources() => new("--package-resources")
    {
        Description = "Take CPU and memory that the version's config.yaml asks for, where it does, instead of those that the deployment has.",
    };

    private static string Started(RolloutInfo rollout) => $"{rollout.Status} to revision {rollout.ToRevision}; follow it with: slipway rollouts watch {rollout.Id}";

    /// <summary>Bounds of variants are settings: where nothing else differs, the answer is the rollout that made live what is live, which is over.</summary>
    private static bool IsInPlace(CreateRevisionRequest? request, RolloutInfo rollout) =>
        rollout.FinishedAt is not null && request?.Variants?.Any(v => v is not null && (v.MinReplicas.IsSaid || v.MaxReplicas.IsSaid)) == true;

    private static Command Scale()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var replicas = new Option<int>("--replicas") { Description = "Replicas to run, within min and max.", Required = true };
        var raise = new Option<bool>("--raise-max") { Description = "Raise the maximum when it is below." };
        return new Command("scale", "Set the number of replicas. Example: slipway deployments scale iris --replicas 2 --raise-max") { name, environment, replicas, raise }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var wanted = parse.GetValue(replicas);
            if (parse.GetValue(raise) && (await context.Api.GetAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken)).MaxReplicas < wanted)
            {
                await context.Api.PatchAsync(
                    path, new UpdateDeploymentRequest(MaxReplicas: wanted), ContractsJson.Default.UpdateDeploymentRequest, ContractsJson.Default.DeploymentInfo, cancellationToken);
            }

            var deployment = await context.Api.PostAsync(path + "/scale", new ScaleRequest(wanted), ContractsJson.Default.ScaleRequest, ContractsJson.Default.DeploymentInfo, cancellationToken);
            context.Write(deployment, ContractsJson.Default.DeploymentInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Operation(string verb, string description)
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command(verb, description) { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            await context.Api.CallAsync(HttpMethod.Post, $"{path}/{verb}", cancellationToken);
            context.Write(await context.Api.GetAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken), ContractsJson.Default.DeploymentInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Retry()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("retry", "Try again what has failed: the last rollout, with its own settings, and replicas that do not start.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var answer = await context.Api.PostAsync($"{path}/retry", ContractsJson.Default.RetryDeploymentInfo, cancellationToken);
            context.Write(answer, ContractsJson.Default.RetryDeploymentInfo, a =>
            {
                if (a.Retried)
                {
                    Describe(a.Deployment);
                }
                else
                {
                    Console.Out.WriteLine($"Nothing was retried: {a.Reason}");
                }
            });
            return answer.Retried ? ExitCode.Done : ExitCode.Refused;
        });
    }

    private static Command Delete()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("delete", "Delete it for good; its history stays.") { name, environment, yes }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            Confirm.Deletion(parse.GetValue(yes), path["/api/v1/deployments/".Length..]);
            await context.Api.CallAsync(HttpMethod.Delete, path, cancellationToken);
            return ExitCode.Done;
        });
    }
}
