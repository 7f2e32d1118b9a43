using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments.Approving;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Following;

/// <summary>Brings a deployment to the version that its name names: by itself where it follows, or because a person says so.</summary>
internal sealed class FollowReference(Database database, Writes writes, IRollouts rollouts, CreateRevision revisions, AskForApproval approvals, AuditLog audit, TimeProvider time)
{
    // Holds once the request is over without an approval; what is approved takes it away.
    private const string NotApproved = "a request was opened for it and was not approved.";

    private static readonly string[] OfGate = ["stage_required", "secret_missing", "version_deleted"];

    private static readonly string[] ForNow = [DeploymentRefusals.RolloutUnderWayCode, "deployment_changed", "deployment_stopped", "approval_pending", "stale_etag"];

    /// <summary>
    /// One step of following; whoever moved the name is who acts, or who has set it since, and needs the right to operate the deployment: that it goes where the name goes was decided by
    /// somebody who may deploy to it.
    /// </summary>
    public async Task StepAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await LookAsync(id, cancellationToken) is not { } seen)
        {
            return;
        }

        var (deployment, named, facts, by) = seen;
        switch (FollowDecision.Next(facts))
        {
            case FollowStep.Note:
                await NoteAsync(id, deployment.Following!.Reference, named.Move, null, cancellationToken);
                break;
            case FollowStep.Cancel:
                await CancelAsync(id, deployment.Following!.Reference, named, cancellationToken);
                break;
            case FollowStep.Start:
                await StartAsync(deployment, named, by, cancellationToken);
                break;
        }
    }

    // All of it as one commit left it: a name as it was with the move that has changed it since would be taken for a move that needs nothing, and never be looked at again.
    private async Task<(Deployment, NamedVersion, FollowFacts, Actor?)?> LookAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var deployment = await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == id && d.State == RunState.Running, cancellationToken);
        if (deployment?.Following is not { Follows: true } followed
            || await References.ResolveAsync(db, followed.Model, followed.Name, followed.IsStage, cancellationToken) is not { } named)
        {
            return null;
        }

        named = followed.ActedBy(named);
        return (deployment, named, await FactsAsync(db, deployment, named, cancellationToken), await Actors.OfAsync(db, named.MovedById, named.Scopes, cancellationToken));
    }

    /// <summary>Brings the deployment to what its name names now, as the person who says so: after drift, or where following is held.</summary>
    /// <returns>
    /// The deployment, <c>follows_nothing</c>, <c>reference_unresolved</c>, or a refusal of <see cref="CreateRevision"/>. Where the gate wants an approval it is asked for:
    /// <c>approval_required</c> with the request in its place, or a refusal of <see cref="AskForApproval"/>.
    /// </returns>
    public async Task<Result<Guid>> CatchUpAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken)
    {
        Deployment? deployment;
        NamedVersion? named = null;
        await using (var db = await database.SnapshotAsync(cancellationToken))
        {
            deployment = await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, cancellationToken);
            if (deployment?.Following is { } name)
            {
                named = await References.ResolveAsync(db, name.Model, name.Name, name.IsStage, cancellationToken);
            }
        }

        if (deployment is null)
        {
            return DeploymentRefusals.NotFound(which.Environment, which.Name);
        }

        if (deployment.Following is not { } followed)
        {
            return FollowRefusals.Nothing(deployment);
        }

        if (named is null)
        {
            return FollowRefusals.Unresolved(followed.Reference);
        }

        var gone = await revisions.RunAsync(which, RequestOf(followed, named), by, cancellationToken, new FollowedMove(followed.Reference, named.Move, ByItself: false));
        if (gone.Refusal is { Instead: LiveAsk ask } required)
        {
            var asked = await AskAsync(deployment, named, ask, by, cancellationToken);
            return asked.IsRefused ? asked.Refusal! : required with { Instead = asked.Value };
        }

        if (gone.Refusal is { } refusal && OfGate.Contains(refusal.Code))
        {
            await NoteAsync(deployment.Id, followed.Reference, named.Move, refusal.Detail, cancellationToken);   // nobody else comes through either
        }

        return gone;
    }

    private static CreateRevisionRequest RequestOf(FollowedName followed, NamedVersion named) =>
        new(Version: $"{named.Number}", Model: followed.Model, Comment: $"{followed.Reference} names v{named.Number}.");

    /// <param name="by">Who moved the name; null: may not act any more.</param>
    private async Task StartAsync(Deployment deployment, NamedVersion named, Actor? by, CancellationToken cancellationToken)
    {
        var followed = deployment.Following!;
        if (by is null)
        {
            await NoteAsync(deployment.Id, followed.Reference, named.Move, $"{named.MovedBy}, who {followed.DeedFor(named)}, may not act any more.", cancellationToken);
            return;
        }

        var gone = await revisions.RunAsync(
            new DeploymentRef(deployment.Environment.Name, deployment.Name), RequestOf(followed, named), by, cancellationToken, new FollowedMove(followed.Reference, named.Move));
        if (gone.Refusal is { Instead: LiveAsk ask })
        {
            var asked = await AskAsync(deployment, named, ask, by, cancellationToken);
            if (!asked.IsRefused)
            {
                return;
            }

            gone = asked.Refusal!;
        }

        if (gone.Refusal is { } refusal && ForNow.Contains(refusal.Code))
        {
            return;   // looked at again at the next change
        }

        await NoteAsync(deployment.Id, followed.Reference, named.Move, gone.Refusal is { } held ? $"{named.MovedBy} {followed.DeedFor(named)}: {held.Detail}" : null, cancellationToken);
    }

    // The move is done with once there is a request, and not before.
    private async Task<Result<ApprovalInfo>> AskAsync(Deployment deployment, NamedVersion named, LiveAsk ask, Actor by, CancellationToken cancellationToken)
    {
        var asked = await approvals.RunAsync(ask, by, cancellationToken, deployment.Following!.Reference);
        if (!asked.IsRefused)
        {
            await NoteAsync(deployment.Id, deployment.Following!.Reference, named.Move, NotApproved, cancellationToken);
        }

        return asked;
    }

    // What an earlier look saw may be over: whoever changed the reference meanwhile wins.
    private Task NoteAsync(Guid id, string reference, long move, string? held, CancellationToken cancellationToken) => writes.RunAsync(
        async (unit, token) =>
        {
            var deployment = await unit.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == id, token);
            if (deployment?.Following is { } now && now.Reference == reference && (now.Handled != move || now.HeldBecause != held))
            {
                deployment.Following = now with { Handled = move, HeldBecause = held };
                unit.Changed("deployment", deployment.Resource);
            }

            return Result.Done;
        },
        cancellationToken);

    private Task CancelAsync(Guid id, string reference, NamedVersion named, CancellationToken cancellationToken) => writes.RunAsync(
        async (unit, token) =>
        {
            var deployment = await unit.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == id, token);
            if (deployment?.Following?.Reference != reference || FollowDecision.Next(await FactsAsync(unit, deployment, named, token)) != FollowStep.Cancel)
            {
                return Result.Done;
            }

            var by = await Actors.OfAsync(unit, named.MovedById, named.Scopes, token);
            if (by is null || DeploymentAccess.Operate(by, deployment.Environment, deployment.OwnerId) is not null)
            {
                return Result.Done;   // the rollout goes on; afterwards the move is refused with the reason
            }

            await rollouts.CancelAsync(unit, deployment, by, token);
            audit.Record(
                unit, by, "deployment.followed", "deployment", deployment.Path, after: new JsonObject { ["reference"] = reference, ["version"] = named.Number, ["rollout"] = "canceled" }.ToJsonString());
            deployment.UpdatedAt = time.GetUtcNow();
            unit.Changed("deployment", deployment.Resource);
            return Result.Done;
        },
        cancellationToken);

    private async Task<FollowFacts> FactsAsync(SlipwayDbContext db, Deployment deployment, NamedVersion named, CancellationToken cancellationToken)
    {
        var followed = deployment.Following!;
        var latest = (await rollouts.LatestAsync(db, [deployment.Id], cancellationToken)).GetValueOrDefault(deployment.Id);
        var target = latest is { UnderWay: true } ? latest.ToRevisionId : (Guid?)null;
        var revisionIds = new[] { deployment.LiveRevisionId, target }.OfType<Guid>().ToList();
        var found = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).Where(r => revisionIds.Contains(r.Id)).ToDictionaryAsync(r => r.Id, cancellationToken);
        return new FollowFacts(
            named.Number, named.Move, followed.Handled, VersionOf(deployment.LiveRevisionId is { } live ? found[live] : null, followed.Model),
            VersionOf(target is { } to ? found[to] : null, followed.Model), target is not null, followed.Supersedes);
    }

    internal static int? VersionOf(Revision? revision, string model) => revision?.Default is { } variant && variant.Model == model ? variant.ModelVersion : null;
}

/// <summary>A move of a followed name that a revision is made for.</summary>
/// <param name="ByItself">The deployment moves along, which operates it; else a person brings it there, which deploys.</param>
internal sealed record FollowedMove(string Reference, long Move, bool ByItself = true);
