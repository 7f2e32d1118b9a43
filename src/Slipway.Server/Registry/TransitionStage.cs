using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>What came of asking for a transition: it was made, or its stage is protected and a request was put before the reviewers.</summary>
internal sealed record StageOutcome(StageChangeInfo? Change, ApprovalInfo? Request);

/// <summary>Moves a version to another stage and writes the ledger; may archive the others that are there, in the same transaction.</summary>
/// <remarks>Every transition writes the model's row, so two of one model are always one after the other, also on PostgreSQL.</remarks>
internal sealed class TransitionStage(EditVersion edit, StageMoves moves, StageApproval approvals, FindApprovals requests)
{
    /// <returns>
    /// The version and the new entries of the ledger: none when it was in the stage already and nothing was archived, so that repeating a call is harmless. Or the request, where
    /// a stage is protected. Else <c>invalid_field</c>, <c>approval_pending</c>, <c>no_other_reviewer</c> or a refusal of <see cref="EditVersion"/>.
    /// </returns>
    public async Task<Result<StageOutcome>> RunAsync(VersionAddress which, TransitionStageRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (Stages.Parse(request.Stage) is not { } stage)
        {
            return RegistryRefusals.BadStage();
        }

        if (request.Note is { Length: > 5000 })
        {
            return Refusal.Field("note", "A note has at most 5,000 characters.");
        }

        if (request.ArchiveExistingVersions == true && stage is Stage.None or Stage.Archived)
        {
            return RegistryRefusals.BadArchiving(stage);
        }

        var archive = request.ArchiveExistingVersions ?? stage == Stage.Production;
        var made = new List<Transition>();
        var asked = (Guid?)null;
        var version = await edit.RunAsync(which, by, "version.transitioned", async (found, token) =>
        {
            (made, asked) = ([], null);
            var plan = await StageMoves.PlanAsync(found.Db, found.Model, found.Version, stage, archive, token);
            if (plan.DoesNothing)
            {
                return (AuditedEdit?)null;
            }

            if (await StageGuard.OfMoveAsync(found.Db, found.Model.Name, found.Version.Stage, stage, token) is { } rule)
            {
                var request = await approvals.AskAsync(found.Db, plan, Note(), rule, by, token);
                asked = request.IsRefused ? null : request.Value.Id;
                return request.IsRefused ? request.Refusal! : (AuditedEdit?)null;
            }

            made = await moves.MakeAsync(found.Db, plan, Note(), by, null, found.Now, token);
            return new AuditedEdit($$"""{"stage":"{{made[^1].From}}"}""", $$"""{"stage":"{{stage}}","archived":[{{string.Join(',', made.Where(t => t.VersionNumber != found.Version.Number).Select(t => t.VersionNumber))}}]}""");
        }, cancellationToken);
        if (version.Refusal is { } refusal)
        {
            return refusal;
        }

        if (asked is not { } id)
        {
            return new StageOutcome(new StageChangeInfo(version.Value, made.ConvertAll(t => t.ToInfo())), null);
        }

        var shown = await requests.OneAsync(id, by, cancellationToken);
        return shown.IsRefused ? shown.Refusal! : new StageOutcome(null, shown.Value);

        string? Note() => string.IsNullOrWhiteSpace(request.Note) ? null : request.Note;
    }
}
