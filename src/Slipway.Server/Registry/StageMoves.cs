using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>What a transition would do.</summary>
/// <param name="Incumbents">The other versions in the wanted stage, lowest number first.</param>
/// <param name="Archive">Whether they are archived.</param>
internal sealed record StagePlan(RegisteredModel Model, ModelVersion Version, Stage To, IReadOnlyList<ModelVersion> Incumbents, bool Archive)
{
    public bool DoesNothing => Version.Stage == To && !(Archive && Incumbents.Count > 0);

    /// <summary>What is there before: a request that was asked against something else is stale.</summary>
    public string Base => $"v{Version.Number} in {Version.Stage}; {To}: {(Incumbents.Count == 0 ? "nothing else" : string.Join(", ", Incumbents.Select(v => $"v{v.Number}")))}";

    /// <summary>A sentence for people.</summary>
    public string Words
    {
        get
        {
            var archived = Archive && Incumbents.Count > 0 ? $"archive {string.Join(", ", Incumbents.Select(v => $"v{v.Number}"))}" : null;
            return Version.Stage == To
                ? $"Keep {Model.Name} v{Version.Number} in {To} and {archived}."
                : $"Move {Model.Name} v{Version.Number} from {Version.Stage} to {To}{(archived is null ? "" : $" and {archived}")}.";
        }
    }
}

/// <summary>Plans and makes transitions; the only place that changes the stage of a version.</summary>
internal sealed class StageMoves(SettleApprovals settle, IEventOutbox outbox)
{
    public static async Task<StagePlan> PlanAsync(
        SlipwayDbContext db, RegisteredModel model, ModelVersion version, Stage to, bool archive, CancellationToken cancellationToken)
    {
        var others = await db.Set<ModelVersion>().Where(v => v.ModelId == model.Id && v.Stage == to && v.Id != version.Id).OrderBy(v => v.Number).ToListAsync(cancellationToken);
        return new StagePlan(model, version, to, to is Stage.None or Stage.Archived ? [] : others, archive);
    }

    /// <summary>Makes the move and writes the ledger. Requests about versions that it moves are closed.</summary>
    /// <param name="approval">The approval that it is made by; null: it needed none.</param>
    public async Task<List<Transition>> MakeAsync(
        SlipwayDbContext db, StagePlan plan, string? note, Actor by, Approval? approval, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (model, version, stage) = (plan.Model, plan.Version, plan.To);
        var at = await Ledger.NextAtAsync(db, model.Id, now, cancellationToken);
        var made = new List<Transition>();
        var moved = new List<Guid>();
        foreach (var other in plan.Archive ? plan.Incumbents : [])
        {
            made.Add(Ledger.Entry(other, Stage.Archived, $"v{version.Number} came to {stage}.", by, at, approval));
            moved.Add(other.Id);
            other.MoveTo(Stage.Archived, at);
            db.Changed("version", $"models/{model.Name}/versions/{other.Number}");
        }

        if (version.Stage != stage)
        {
            made.Add(Ledger.Entry(version, stage, string.IsNullOrWhiteSpace(note) ? null : note, by, at, approval));
            moved.Add(version.Id);
            version.MoveTo(stage, at);
        }

        foreach (var entry in made)
        {
            db.Add(entry);
            outbox.Record(db, EventTypes.StageChanged, $"models/{model.Name}/versions/{entry.VersionNumber}", new JsonObject
            {
                ["model"] = model.Name, ["version"] = entry.VersionNumber, ["from"] = entry.From.ToString(), ["to"] = entry.To?.ToString(),
                ["by"] = entry.Actor, ["note"] = entry.Note, ["approval_id"] = entry.ApprovalId?.ToString(), ["approved_by"] = entry.Reviewer,
            });
            await db.SaveChangesAsync(cancellationToken);   // one by one, so that sequences follow the order of the entries
        }

        await settle.CloseAsync(db, StageApproval.KindName, moved, "its version was moved to another stage meanwhile.", by, cancellationToken, except: approval?.Id);
        return made;
    }
}

/// <summary>How entries of the ledger of stages are made.</summary>
internal static class Ledger
{
    public static Transition Entry(ModelVersion version, Stage? to, string? note, Actor by, DateTimeOffset at, Approval? approval = null) => new()
    {
        ModelId = version.ModelId, VersionNumber = version.Number, From = version.Stage, To = to, At = at, ActorId = by.UserId, Actor = by.Name, KeyScopes = ScopesOf(by), Note = note,
        ApprovalId = approval?.Id, ReviewerId = approval?.DecidedById, Reviewer = approval?.DecidedBy,
    };

    /// <summary>As the ledgers keep the restrictions of the key that was used.</summary>
    public static string? ScopesOf(Actor by) => by.Scopes.Count == 0 ? null : string.Join(',', by.Scopes);

    /// <summary>Now, or the time of the last entry when the clock was put back since: the ledger's times never fall.</summary>
    public static async Task<DateTimeOffset> NextAtAsync(SlipwayDbContext db, Guid modelId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var last = await db.Set<Transition>().Where(t => t.ModelId == modelId).OrderByDescending(t => t.Sequence).Select(t => (DateTimeOffset?)t.At).FirstOrDefaultAsync(cancellationToken);
        return last > now ? last.Value : now;
    }
}
