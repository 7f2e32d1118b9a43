using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>The run of an execution: opened before its command begins, ended with it.</summary>
internal sealed class JobRuns(StartRun start, FinishRun finish)
{
    /// <summary>Opens the run, once; makes the experiment when it is missing.</summary>
    /// <returns>Ids as clients know them; or <c>experiment_archived</c>.</returns>
    public async Task<Result<(string RunId, string ExperimentId)>> OpenAsync(SlipwayDbContext db, Schedule schedule, Execution execution, CancellationToken cancellationToken)
    {
        if (execution is { RunId: { } opened, ExperimentId: { } experiment })
        {
            return (opened, experiment);   // by a server that died before the command began
        }

        var tags = new Dictionary<string, string> { ["slipway.schedule"] = schedule.Name, ["slipway.execution"] = $"{execution.Number}" };
        var request = new StartRunRequest(execution.Experiment, $"{schedule.Name} #{execution.Number}", null, tags, CreateExperiment: true);
        var run = await start.AddAsync(db, request, OwnerOf(schedule), cancellationToken);
        return run.Refusal is { } refusal ? refusal : (run.Value.Id, $"{run.Value.ExperimentId}");
    }

    /// <summary>Ends the run as its execution has ended, unless the job has done so itself.</summary>
    public async Task FinishAsync(SlipwayDbContext db, Schedule schedule, Execution execution, CancellationToken cancellationToken)
    {
        if (execution.RunId is { } run)
        {
            var status = execution.Status switch
            {
                ExecutionStatus.Succeeded => RunStatus.Completed,
                ExecutionStatus.Cancelled => RunStatus.Killed,
                _ => RunStatus.Failed,
            };

            // Refused when it is deleted, or final: the job's own word stands.
            _ = await finish.FinishAsync(db, run, status, execution.Detail, OwnerOf(schedule), cancellationToken);
        }
    }

    private static Actor OwnerOf(Schedule schedule) => new(schedule.OwnerId, schedule.Owner, Role.Analyst, null, [], null, null, null);
}
