using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Reads the ledger of stages: who moved what when, and what was in a stage at any time.</summary>
internal sealed class FindTransitions(Database database, TimeProvider time)
{
    /// <summary>The entries of a model, newest first.</summary>
    /// <param name="version">Only of this number, which may be of a deleted version; 3 or v3.</param>
    public async Task<Result<Page<TransitionInfo>>> PageAsync(string model, string? version, PageQuery page, CancellationToken cancellationToken)
    {
        var below = long.MaxValue;
        if (page.After is { } after && !long.TryParse(after, out below))
        {
            return PageQuery.TokenInvalid;
        }

        await using var db = database.Read();
        if (await FindModels.IdAsync(db, model, cancellationToken) is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var entries = db.Set<Transition>().Where(t => t.ModelId == id && t.Sequence < below);
        if (!string.IsNullOrEmpty(version))
        {
            if (!int.TryParse(version.AsSpan(version[0] is 'v' or 'V' ? 1 : 0), out var number))
            {
                return RegistryRefusals.BadQuery("version", "version is a number such as 3 or v3; the ledger knows deleted versions too.");
            }

            entries = entries.Where(t => t.VersionNumber == number);
        }

        var rows = await entries.OrderByDescending(t => t.Sequence).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return page.Of(rows, t => $"{t.Sequence}", t => t.ToInfo());
    }

    /// <summary>Which versions were in a stage at a time, each with when it came, by whom and when it left; highest number first.</summary>
    /// <param name="at">RFC 3339; null: now.</param>
    /// <returns>Also <c>invalid_field</c>: for None, which versions have from the start and the ledger does not tell of.</returns>
    public async Task<Result<StageAtInfo>> AtAsync(string model, string stageName, string? at, CancellationToken cancellationToken)
    {
        if (Stages.Parse(stageName) is not { } stage)
        {
            return RegistryRefusals.BadStage();
        }

        if (stage == Stage.None)
        {
            return RegistryRefusals.BadQuery("stage", "The ledger tells of Staging, Production and Archived.");
        }

        var when = time.GetUtcNow();
        if (!string.IsNullOrEmpty(at) && !DateTimeOffset.TryParse(
            at, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out when))
        {
            return RegistryRefusals.BadQuery("at", "at is a time such as 2026-11-21T12:00:00Z.");
        }

        await using var db = database.Read();
        if (await FindModels.IdAsync(db, model, cancellationToken) is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var ledger = db.Set<Transition>().Where(t => t.ModelId == id);
        var came = await ledger
            .Where(t => t.To == stage && t.At <= when && !ledger.Any(l => l.VersionNumber == t.VersionNumber && l.Sequence > t.Sequence && l.At <= when))
            .OrderByDescending(t => t.VersionNumber).ToListAsync(cancellationToken);
        var numbers = came.ConvertAll(t => t.VersionNumber);
        var left = (await ledger.Where(t => numbers.Contains(t.VersionNumber) && t.At > when).OrderBy(t => t.Sequence)
            .Select(t => new { t.VersionNumber, t.At }).ToListAsync(cancellationToken)).ToLookup(t => t.VersionNumber, t => t.At);
        var present = await db.Set<ModelVersion>().Where(v => v.ModelId == id && numbers.Contains(v.Number)).Select(v => v.Number).ToHashSetAsync(cancellationToken);
        return new StageAtInfo(stage.ToString(), when, came.ConvertAll(t => new StageHolderInfo(
            t.VersionNumber, !present.Contains(t.VersionNumber), t.At, t.Actor, t.Note, t.ApprovalId?.ToString(), left[t.VersionNumber].Cast<DateTimeOffset?>().FirstOrDefault(), t.Reviewer)));
    }
}
