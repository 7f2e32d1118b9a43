using Slipway.Server.Replicas.Jobs;
using Slipway.Server.Schedules;

namespace Slipway.Server.Tests.Schedules;

public sealed class ExecutionDecisionTests
{
    private static readonly DateTimeOffset Began = new(2026, 5, 1, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(ExecutionStatus.Queued, false, false, true, false, 0, ExecutionStep.Prepare)]
    [InlineData(ExecutionStatus.Queued, false, false, false, false, 0, ExecutionStep.None)]        // others run
    [InlineData(ExecutionStatus.Queued, true, false, true, false, 0, ExecutionStep.Finish)]        // cancelled before it began
    [InlineData(ExecutionStatus.Queued, false, true, true, false, 0, ExecutionStep.None)]          // begun a moment ago, and not stored yet
    [InlineData(ExecutionStatus.Preparing, false, true, true, false, 0, ExecutionStep.None)]
    [InlineData(ExecutionStatus.Preparing, true, true, true, false, 0, ExecutionStep.BreakOff)]
    [InlineData(ExecutionStatus.Preparing, false, false, false, false, 0, ExecutionStep.Prepare)]  // its server died: it has its place already
    [InlineData(ExecutionStatus.Preparing, true, false, true, false, 0, ExecutionStep.Finish)]
    [InlineData(ExecutionStatus.Running, false, false, true, true, 30, ExecutionStep.None)]
    [InlineData(ExecutionStatus.Running, false, false, true, false, 30, ExecutionStep.Finish)]
    [InlineData(ExecutionStatus.Running, true, false, true, true, 30, ExecutionStep.Stop)]
    [InlineData(ExecutionStatus.Running, true, false, true, false, 30, ExecutionStep.Finish)]      // it ended before anybody could tell it to
    [InlineData(ExecutionStatus.Running, false, false, true, true, 74, ExecutionStep.None)]        // the supervisor's own affair
    [InlineData(ExecutionStatus.Running, false, false, true, true, 75, ExecutionStep.Stop)]        // it has failed to
    [InlineData(ExecutionStatus.Stopping, true, false, true, true, 30, ExecutionStep.Terminate)]
    [InlineData(ExecutionStatus.Stopping, true, false, true, true, 35, ExecutionStep.Kill)]
    [InlineData(ExecutionStatus.Stopping, true, false, true, true, 40, ExecutionStep.KillSupervisor)]
    [InlineData(ExecutionStatus.Stopping, true, false, true, false, 22, ExecutionStep.Finish)]
    internal void The_next_step_follows_from_what_is_stored_and_seen(
        ExecutionStatus status, bool stop, bool preparedHere, bool place, bool alive, int second, ExecutionStep step)
    {
        var facts = new ExecutionFacts(status, stop, preparedHere, place, alive, Began, TimeSpan.FromSeconds(60), Began.AddSeconds(20));
        Assert.Equal(step, ExecutionDecision.Of(facts, Began.AddSeconds(second), TimeSpan.FromSeconds(10)));
    }

    [Theory]
    [InlineData("exited", 0, null, null, false, ExecutionStatus.Succeeded, null)]
    [InlineData("exited", 3, null, null, false, ExecutionStatus.Failed, "exit_code")]
    [InlineData("signal", null, 11, null, false, ExecutionStatus.Failed, "signal")]
    [InlineData("signal", null, 9, null, true, ExecutionStatus.Failed, "memory_limit")]
    [InlineData("exited", 1, null, null, true, ExecutionStatus.Failed, "memory_limit")]
    [InlineData("exited", 0, null, null, true, ExecutionStatus.Succeeded, null)]              // a child was killed, and the job coped
    [InlineData("timed_out", 0, null, null, false, ExecutionStatus.TimedOut, "timed_out")]    // a tidy end after SIGTERM is no success
    [InlineData("start_failed", null, null, null, false, ExecutionStatus.Failed, "start_failed")]
    [InlineData("stopped", null, 15, "cancelled", false, ExecutionStatus.Cancelled, "cancelled")]
    [InlineData("stopped", 0, null, "server_stopped", false, ExecutionStatus.Failed, "server_stopped")]
    [InlineData("stopped", 0, null, "schedule_deleted", false, ExecutionStatus.Cancelled, "schedule_deleted")]
    [InlineData("exited", 0, null, "cancelled", false, ExecutionStatus.Succeeded, null)]      // it was done before the signal came
    [InlineData(null, null, null, "cancelled", false, ExecutionStatus.Cancelled, "cancelled")]
    [InlineData(null, null, null, null, true, ExecutionStatus.Failed, "memory_limit")]
    [InlineData(null, null, null, null, false, ExecutionStatus.Failed, "unknown")]
    internal void How_it_ended_follows_from_what_can_be_known(
        string? exit, int? code, int? signal, string? stopped, bool outOfMemory, ExecutionStatus status, string? reason)
    {
        var execution = new Execution { Experiment = "e", ParametersJson = "{}", VariablesJson = "{}" };
        if (stopped is not null)
        {
            execution.RequestStop(stopped, "ada");
        }

        var outcome = ExecutionOutcome.Of(execution, exit is null ? null : new JobExitFile(exit, code, signal, null, null, null), outOfMemory);
        Assert.Equal((status, reason), (outcome.Status, outcome.Reason));
    }
}
