using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Deployments.Environments;
using Slipway.Server.Deployments.Following;
using Slipway.Server.Deployments.Secrets;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>Makes a deployment with its first revision and starts its first rollout.</summary>
internal sealed class CreateDeployment(
    Writes writes, Database database, IRunnableVersions versions, MakeLive live, AuditLog audit, IEventOutbox outbox, IOptions<DeploymentOptions> options,
    IOptions<ReplicasOptions> replicas, Gpus gpus, TimeProvider time)
{
    /// <returns>Its id, <c>invalid_field</c> with every wrong field, a missing right, <c>name_taken</c> or <c>deployment_exists</c>.</returns>
    public async Task<Result<Guid>> RunAsync(CreateDeploymentRequest request, Actor by, CancellationToken cancellationToken)
    {
        // 1. The right, before anything about the rest is said.
        await using var db = database.Read();
        var environment = await db.Set<DeploymentEnvironment>().SingleOrDefaultAsync(e => e.Name == request.Environment && e.DeletedAt == null, cancellationToken);
        if (environment is not null && DeploymentAccess.Deploy(by, environment, by.UserId) is { } forbidden)
        {
            return forbidden;
        }

        if ((PlacementOf.Refuse(by, request.Placement, Placement.Replica) ?? VariantList.RefusePlacement(by, request.Variants, [])) is { } untrusted)
        {
            return untrusted;
        }

        // 2. Every field, so that a form shows all that is wrong at once.
        var limits = DeploymentLimits.OfThisMachine(options.Value);
        var fields = new DeploymentFields(limits);
        fields.Name("name", request.Name);
        if (environment is null)
        {
            fields.Wrong("environment", $"There is no environment {request.Environment}.");
        }

        var several = request.Variants is { } list ? await new VariantList(versions, options.Value, gpus, time).ReadAsync(fields, list, [], null, cancellationToken) : null;
        if (several is not null && request is not { Model: null, Version: null, BaseImage: null, CpuCores: null, MemoryMib: null, Placement: null, GpuCount: null, GpuType: null, StorageGb: null, NetworkMbps: null })
        {
            fields.Wrong("variants", "model, version and resources are said inside variants, or beside it without a list.");
        }

        var (version, following) = await ChosenNames.OfAsync(db, fields, request, cancellationToken);
        var package = several is null && version is not null ? await NewRevision.FindAsync(fields, versions, request.Model, version, request.BaseImage, cancellationToken) : null;

        var mode = LiveMode.Chosen(fields, request.Mode, request.Environment);
        var isLive = mode == DeploymentMode.Live;
        var min = request.Autoscaling?.MinReplicas ?? request.MinReplicas ?? (isLive ? 0 : environment?.MinReplicas ?? 1);
        var max = request.Autoscaling?.MaxReplicas ?? request.MaxReplicas ?? (isLive ? 1 : Math.Max(environment?.MaxReplicas ?? 1, min));
        var (cpu, memory) = several is null ? NewRevision.Resources(fields, request.CpuCores, request.MemoryMib, package?.Version, limits, options.Value) : default;
        var placement = PlacementOf.Chosen(fields, request.Placement, Placement.Replica, package?.Version.Runtime);
        var extra = ExtraResources.Chosen(fields, gpus, ExtraResources.None, request.GpuCount, request.GpuType, request.StorageGb, request.NetworkMbps);
        fields.Replicas(min, max);
        fields.RevisionName(request.RevisionName);
        fields.Labels(request.Labels);
        fields.Text("title", request.Title, 200);
        fields.Text("description", request.Description, 4000);
        fields.Text("comment", request.Comment, Approval.LongestComment);
        var variables = PlainVariables.Changed(fields, new Dictionary<string, string>(), request.Variables);
        var balancing = fields.Balancing(request.LoadBalancer?.Algorithm ?? request.LoadBalancing);
        var balancer = BalancerSettings.Default.With(request.LoadBalancer, fields);
        var health = HealthSettings.Default.With(request.HealthCheck, fields, replicas.Value);
        var timeout = fields.Timeout(request.TimeoutSeconds);
        var scaling = VariantBounds.With(fields.Scaling((isLive ? null : environment?.Scaling) ?? ScalingSettings.Default, request.Autoscaling), request.Variants);
        var strategy = fields.Strategy(request.Strategy, null, mode);
        LiveMode.Bounds(fields, mode, min, max, scaling);
        if (isLive && several is not null)
        {
            fields.Wrong("variants", "A live deployment serves one model while it is edited; leave variants out.");
        }

        var variants = several ?? (package is { } found ? [NewRevision.Variant(found.Version, found.BaseImage, cpu, memory, placement, extra, time)] : []);
        var secrets = SecretNames.Chosen(fields, null, variants, request.Secrets, variables);
        var routing = fields.Refusal is null ? RoutingOf.Chosen(fields, null, request.Routing, variants) : null;
        if (fields.Refusal is { } wrong)
        {
            return wrong;
        }

        // 3. The decision, on the stored state.
        return await writes.RunAsync<Guid>(
            async (unit, token) =>
            {
                var now = time.GetUtcNow();
                var home = await unit.Set<DeploymentEnvironment>().SingleOrDefaultAsync(e => e.Id == environment!.Id && e.DeletedAt == null, token);
                if (home is null)
                {
                    return EnvironmentRefusals.NotFound(request.Environment);
                }

                if (isLive && LiveMode.RefuseGated(home) is { } gated)
                {
                    return gated;
                }

                var taken = await unit.Set<Deployment>().SingleOrDefaultAsync(d => d.EnvironmentId == home.Id && d.Name == request.Name, token);
                if (taken is not null)
                {
                    return taken.OwnerId == by.UserId
                        ? DeploymentRefusals.Exists(request.Name, home.Name)
                        : DeploymentRefusals.NameTaken(request.Name, home.Name, taken.Owner);
                }

                var deployment = new Deployment
                {
                    Id = Guid.CreateVersion7(now), ProjectId = home.ProjectId, EnvironmentId = home.Id, Environment = home, Name = request.Name, Kind = DeploymentKind.Model, Mode = mode,
                    OwnerId = by.UserId, Owner = by.Name, Title = request.Title, Description = request.Description, MinReplicas = min, MaxReplicas = max, Scaling = scaling, Balancer = balancer, Health = health,
                    LoadBalancing = balancing ?? LoadBalancing.RoundRobin, Timeout = timeout ?? options.Value.DefaultTimeout, Idempotent = request.Idempotent ?? false, Following = following, Strategy = strategy,
                    State = RunState.Running, Labels = request.Labels?.ToDictionary() ?? [], CreatedAt = now,
                };
                var content = new RevisionContent(variants, variables, secrets, routing);
                var revision = deployment.Add(content.ToRevision(request.RevisionName, request.Labels, by, now), now);
                unit.Set<Deployment>().Add(deployment);
                unit.Set<Revision>().Add(revision);
                if ((await live.RunAsync(unit, deployment, revision, MakeLive.Created, by, token, along: new GoingLive(Comment: request.Comment))).Refusal is { } refusal)
                {
                    return refusal;
                }

                audit.Record(unit, by, "deployment.created", "deployment", deployment.Path, after: RevisionContent.Audited(revision).ToJsonString());
                outbox.Created(unit, deployment, by);
                unit.Changed("deployment", deployment.Resource);
                return deployment.Id;
            },
            cancellationToken);
    }
}
