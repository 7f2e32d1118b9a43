using System.Net.Http.Headers;
using Spectre.Console;
using Slipway.Contracts;

namespace Slipway.Cli.Pushing;

/// <summary>What a push says of the version.</summary>
internal sealed record VersionOptions(string? Label = null, string? Description = null, bool DryRun = false, string? Parent = null);

/// <summary>What a push says of the deployment.</summary>
internal sealed record DeployOptions(string Environment, string? BaseImage = null, string? RevisionName = null, IReadOnlyDictionary<string, string>? Labels = null, string? Placement = null,
    RolloutSettings? Rollout = null, string? Mode = null, AutoscalingRequest? Autoscaling = null, bool PackageResources = false);

/// <summary>A package from this folder to a live deployment: upload what is missing, make a version, roll it out, watch.</summary>
internal sealed class Push(ApiClient api)
{
    /// <summary>Sends what the server does not have and makes a version of it; the model is registered when it is new.</summary>
    public async Task<ModelVersionInfo> UploadAsync(string path, string? name, VersionOptions options, CancellationToken cancellationToken)
    {
        var (package, upload) = await SendAsync(path, cancellationToken);
        var model = name ?? package.DefaultName();

        await EnsureModelAsync(model, cancellationToken);
        var version = await api.PostAsync(
            $"/api/v1/models/{model}/versions", new CreateVersionRequest(upload.Id, options.Description, options.Label, null, options.DryRun, options.Parent),
            ContractsJson.Default.CreateVersionRequest, ContractsJson.Default.ModelVersionInfo, cancellationToken);
        foreach (var warning in version.Warnings)
        {
            CommandContext.Say($"Note: {warning}");
        }

        CommandContext.Say(options.DryRun
            ? $"The package is good: {version.Detected}, {package.Files.Count} files. Nothing was stored."
            : $"{version.Model} v{version.Version}: {version.Detected}, {package.Files.Count} files, {upload.Missing.Count} sent.");
        return version;
    }

    /// <summary>Makes a version of an artifact of a run, without sending anything; the model is registered when it is new.</summary>
    public async Task<ModelVersionInfo> FromRunAsync(string model, string run, string artifact, VersionOptions options, CancellationToken cancellationToken)
    {
        await EnsureModelAsync(model, cancellationToken);
        var request = new CreateVersionRequest(
            Description: options.Description, Label: options.Label, DryRun: options.DryRun, Parent: options.Parent, SourceRunId: run, ArtifactPath: artifact);
        return await api.PostAsync(
            $"/api/v1/models/{Uri.EscapeDataString(model)}/versions", request, ContractsJson.Default.CreateVersionRequest, ContractsJson.Default.ModelVersionInfo, cancellationToken);
    }

    /// <summary>Sends what the server does not have of a folder or file.</summary>
    /// <returns>The files, and a complete upload to make something of.</returns>
    public async Task<(PackageFiles Package, UploadInfo Upload)> SendAsync(string path, CancellationToken cancellationToken)
    {
        var package = await PackageFiles.ReadAsync(path, cancellationToken);
        var upload = await api.PostAsync(
            "/api/v1/uploads", new StartUploadRequest(package.Files), ContractsJson.Default.StartUploadRequest, ContractsJson.Default.UploadInfo, cancellationToken);
        await SendMissingAsync(package, upload, cancellationToken);
        return (package, upload);
    }

    /// <summary>Creates the deployment, or rolls the version out to it.</summary>
    public async Task DeployAsync(ModelVersionInfo version, string name, DeployOptions options, CancellationToken cancellationToken)
    {
        if (!version.Runnable)
        {
            throw new CliException(ExitCode.DeployFailed, $"{version.Model} v{version.Version} is registered but cannot run: {version.NotRunnableReason}");
        }

        var path = $"/api/v1/deployments/{options.Environment}/{name}";
        if (await api.FindAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken) is not { } found)
        {
            var create = new CreateDeploymentRequest(
                name, version.Model, $"{version.Version}", options.Environment, BaseImage: options.BaseImage, RevisionName: options.RevisionName, Labels: options.Labels,
                Placement: options.Placement, Mode: options.Mode, Autoscaling: options.Autoscaling);
            await api.PostAsync("/api/v1/deployments", create, ContractsJson.Default.CreateDeploymentRequest, ContractsJson.Default.DeploymentInfo, cancellationToken);
            return;
        }

        if (options.Autoscaling is { } scaling)
        {
            await api.PatchAsync($"{path}/autoscaling", scaling, ContractsJson.Default.AutoscalingRequest, ContractsJson.Default.AutoscalingUpdate, cancellationToken);
        }

        var revision = new CreateRevisionRequest(
            $"{version.Version}", version.Model, options.BaseImage, RevisionName: options.RevisionName, Labels: options.Labels, Placement: options.Placement,
            Rollout: options.Rollout, PackageResources: options.PackageResources || found.Mode == "live" ? true : null);   // a live deployment is what its folder says
        var rollout = await api.PostAsync(path + "/revisions", revision, ContractsJson.Default.CreateRevisionRequest, ContractsJson.Default.RolloutInfo, cancellationToken);
        Commands.RolloutNotes.Say(rollout.Notes);
    }

    /// <summary>Takes what is live one environment further and follows it there.</summary>
    public async Task<(string Environment, DeploymentInfo Live)> PromoteAsync(string environment, string name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var promoted = await api.PostAsync(
            $"/api/v1/deployments/{environment}/{name}/promote", new PromoteRequest(), ContractsJson.Default.PromoteRequest, ContractsJson.Default.PromotedInfo, cancellationToken);
        return (promoted.Environment, await WaitAsync(promoted.Environment, promoted.Name, timeout, cancellationToken));
    }

    /// <summary>Follows build and rollout until the new revision serves.</summary>
    /// <exception cref="CliException">The build or rollout failed (7), or it took longer than <paramref name="timeout"/> (8).</exception>
    public async Task<DeploymentInfo> WaitAsync(string environment, string name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var said = "";
        Task? building = null;
        try
        {
            while (true)
            {
                var rollout = (await api.GetAsync($"/api/v1/deployments/{environment}/{name}/rollouts?limit=1", ContractsJson.Default.PageRolloutInfo, either.Token)).Items.FirstOrDefault();

                // After the rollout: what has succeeded is live in what is read now.
                var deployment = await api.GetAsync($"/api/v1/deployments/{environment}/{name}", ContractsJson.Default.DeploymentInfo, either.Token);
                var now = $"{environment}/{name}: {Words(deployment, rollout)}";
                if (now != said)
                {
                    CommandContext.Say(now);
                    said = now;
                }

                if (deployment.Status == "BUILDING" || rollout?.Status == "RELEASING")
                {
                    building ??= BuildLog.SayAsync(api, environment, name, either.Token);
                }
                else if (building is not null)
                {
                    await building;
                }

                switch (rollout?.Status)
                {
                    case "SUCCEEDED":
                        return deployment;
                    case "FAILED" or "CANCELED":
                        throw new CliException(ExitCode.DeployFailed, $"The rollout ended: {rollout.ErrorMessage ?? rollout.Status} [{rollout.ErrorCode}]\nLook at: slipway logs {name} --environment {environment} --build");
                    default:
                        await Task.Delay(250, either.Token);
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new CliException(ExitCode.TimedOut, $"Not live after {timeout.TotalMinutes:0.#} minutes; it goes on. Watch it with: slipway deployments show {name} --environment {environment}");
        }
    }

    /// <summary>A line to paste into a shell.</summary>
    public static string Curl(DeploymentInfo deployment, string key, string body) =>
        $"curl -s {deployment.Endpoint} \\\n  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n  -d '{body.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private async Task EnsureModelAsync(string model, CancellationToken cancellationToken)
    {
        if (await api.FindAsync($"/api/v1/models/{model}", ContractsJson.Default.ModelInfo, cancellationToken) is null)
        {
            await api.PostAsync(
                "/api/v1/models", new RegisterModelRequest(model), ContractsJson.Default.RegisterModelRequest, ContractsJson.Default.ModelInfo, cancellationToken);
        }
    }

    private static string Words(DeploymentInfo deployment, RolloutInfo? rollout) =>
        rollout is { Status: not "SUCCEEDED" } && rollout.Steps.LastOrDefault() is { } step
            ? $"{deployment.Status.ToLowerInvariant()}, {(rollout.WaitingFor is { Reason: "insufficient_capacity" } wait ? wait.Message : step.What)}"
            : $"{deployment.Status.ToLowerInvariant()}, {deployment.ReplicasReady} of {deployment.ReplicasWanted} replicas ready";

    private async Task SendMissingAsync(PackageFiles package, UploadInfo upload, CancellationToken cancellationToken)
    {
        var missing = upload.Missing.ToHashSet(StringComparer.Ordinal);
        var send = package.Files.Where(f => missing.Contains(f.Sha256)).DistinctBy(f => f.Sha256).ToList();
        if (send.Count == 0)
        {
            return;
        }

        if (!CommandContext.IsWatched)
        {
            foreach (var file in send)
            {
                await SendAsync(package, upload, file, _ => { }, cancellationToken);
            }

            return;
        }

        await CommandContext.Messages.Progress().AutoClear(true).StartAsync(async progress =>
        {
            var task = progress.AddTask($"Sending {send.Count} files", maxValue: Math.Max(1, send.Sum(f => f.SizeBytes)));
            foreach (var file in send)
            {
                await SendAsync(package, upload, file, bytes => task.Increment(bytes), cancellationToken);
            }
        });
    }

    private async Task SendAsync(PackageFiles package, UploadInfo upload, UploadFile file, Action<long> sent, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(package.FullPath(file));
        using var content = new StreamContent(new CountingStream(stream, sent));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.ContentLength = file.SizeBytes;
        await api.PutAsync($"/api/v1/uploads/{upload.Id}/blobs/{file.Sha256}", content, ContractsJson.Default.UploadInfo, cancellationToken);
    }
}
