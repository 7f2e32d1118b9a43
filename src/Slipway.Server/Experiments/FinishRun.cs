using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Ends a run: for a client, and (<see cref="FinishAsync"/>) for a folder that has opened one.</summary>
internal sealed class FinishRun(Writes writes, AuditLog audit, IEventOutbox outbox, FindRuns runs, TimeProvider time)
{
    /// <returns>The run as it now is, <c>invalid_field</c>, <c>run_not_found</c>, <c>run_deleted</c> or <c>run_finished</c>.</returns>
    public async Task<Result<RunInfo>> RunAsync(string id, FinishRunRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (RunStatuses.Parse(request.Status) is not { } status || status == RunStatus.Running)
        {
            return ExperimentRefusals.BadEnd();
        }

        if (request.Reason is { Length: > Experiment.LongestText })
        {
            return ExperimentRefusals.BadReason();
        }

        var finished = await writes.RunAsync((db, token) => FinishAsync(db, id, status, request.Reason, by, token), cancellationToken);
        return finished.Refusal is { } refusal ? refusal : await runs.OneAsync(id, cancellationToken);
    }

    /// <summary>Ends a run in somebody's unit.</summary>
    public async Task<Result> FinishAsync(SlipwayDbContext unit, string id, RunStatus status, string? reason, Actor by, CancellationToken cancellationToken)
    {
        var run = await unit.Set<Run>().SingleOrDefaultAsync(r => r.Id == id, cancellationToken);
        if (run is null)
        {
            return ExperimentRefusals.RunNotFound(id);
        }

        if (run.DeletedAt is not null)
        {
            return ExperimentRefusals.RunDeleted(id);
        }

        var (before, endedAt) = (run.Status, run.EndedAt);
        if (run.Finish(status, reason, time.GetUtcNow()) is { } refusal)
        {
            return refusal;
        }

        if (run.Status != before || run.EndedAt != endedAt)
        {
            audit.Record(unit, by, "run.finished", "run", id, Audited(before), Audited(run.Status));
            unit.Changed("run", $"runs/{id}");
            Announce(unit, outbox, run, by.Name);
        }

        return Result.Done;
    }

    /// <summary>Tells webhooks of the end of a run, in the unit that ends it.</summary>
    public static void Announce(SlipwayDbContext unit, IEventOutbox outbox, Run run, string by) => outbox.Record(unit, EventTypes.RunFinished, $"runs/{run.Id}", new JsonObject
    {
        ["run_id"] = run.Id, ["name"] = run.Name, ["experiment_id"] = run.ExperimentId.ToString(CultureInfo.InvariantCulture), ["status"] = run.Status.ToString(), ["reason"] = run.StatusReason,
        ["user"] = run.User, ["started_at"] = run.StartedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["ended_at"] = run.EndedAt?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), ["by"] = by,
    });

    public static string Audited(RunStatus status) =>
        JsonSerializer.Serialize(new Dictionary<string, string> { ["status"] = status.ToString() }, ContractsJson.Default.DictionaryStringString);
}
