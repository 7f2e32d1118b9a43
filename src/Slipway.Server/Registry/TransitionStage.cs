using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Moves a version to another stage and writes the ledger; may archive the others that are there, in the same transaction.</summary>
/// <remarks>Every transition writes the model's row, so two of one model are always one after the other, also on PostgreSQL.</remarks>
internal sealed class TransitionStage(EditVersion edit)
{
    /// <returns>
    /// The version and the new entries of the ledger: none when it was in the stage already and nothing was archived, so that repeating a call is harmless.
    /// Else <c>invalid_field</c> or a refusal of <see cref="EditVersion"/>.
    /// </returns>
    public async Task<Result<StageChangeInfo>> RunAsync(VersionAddress which, TransitionStageRequest request, Actor by, CancellationToken cancellationToken)
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
        var version = await edit.RunAsync(which, by, "version.transitioned", async (found, token) =>
        {
            made = await MoveAsync(found, stage, archive, request.Note, by, token);
            return made.Count == 0
                ? (AuditedEdit?)null
                : new AuditedEdit($$"""{"stage":"{{made[^1].From}}"}""", $$"""{"stage":"{{stage}}","archived":[{{string.Join(',', made.Where(t => t.VersionNumber != found.Version.Number).Select(t => t.VersionNumber))}}]}""");
        }, cancellationToken);
        return version.Refusal is { } refusal ? refusal : new StageChangeInfo(version.Value, made.ConvertAll(t => t.ToInfo()));
    }

    private static async Task<List<Transition>> MoveAsync(VersionEdit found, Stage stage, bool archive, string? note, Actor by, CancellationToken cancellationToken)
    {
        var (db, model, version, now) = found;
        var at = await Ledger.NextAtAsync(db, model.Id, now, cancellationToken);
        var made = new List<Transition>();
        if (archive)
        {
            var others = await db.Set<ModelVersion>().Where(v => v.ModelId == model.Id && v.Stage == stage && v.Id != version.Id).OrderBy(v => v.Number).ToListAsync(cancellationToken);
            foreach (var other in others)
            {
                made.Add(Ledger.Entry(other, Stage.Archived, $"v{version.Number} came to {stage}.", by, at));
                other.MoveTo(Stage.Archived, at);
                db.Changed("version", $"models/{model.Name}/versions/{other.Number}");
            }
        }

        if (version.Stage != stage)
        {
            made.Add(Ledger.Entry(version, stage, string.IsNullOrWhiteSpace(note) ? null : note, by, at));
            version.MoveTo(stage, at);
        }

        foreach (var entry in made)
        {
            db.Add(entry);
            await db.SaveChangesAsync(cancellationToken);   // one by one, so that sequences follow the order of the entries
        }

        return made;
    }
}

/// <summary>How entries of the ledger of stages are made.</summary>
internal static class Ledger
{
    public static Transition Entry(ModelVersion version, Stage? to, string? note, Actor by, DateTimeOffset at) => new()
    {
        ModelId = version.ModelId, VersionNumber = version.Number, From = version.Stage, To = to, At = at, ActorId = by.UserId, Actor = by.Name, Note = note,
    };

    /// <summary>Now, or the time of the last entry when the clock was put back since: the ledger's times never fall.</summary>
    public static async Task<DateTimeOffset> NextAtAsync(SlipwayDbContext db, Guid modelId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var last = await db.Set<Transition>().Where(t => t.ModelId == modelId).OrderByDescending(t => t.Sequence).Select(t => (DateTimeOffset?)t.At).FirstOrDefaultAsync(cancellationToken);
        return last > now ? last.Value : now;
    }
}
