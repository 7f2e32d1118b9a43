using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>One training execution.</summary>
internal sealed class Run
{
    public const int LongestNotes = 100_000;

    /// <summary>The reason of a run whose client stopped sending heartbeats; see <see cref="LostRunDecision"/>.</summary>
    public const string Lost = "Its client vanished: no heartbeat came any more.";

    /// <summary>Surrogate key: short, because millions of metric rows carry it.</summary>
    public long Number { get; init; }

    /// <summary>32 hexadecimal digits; what clients know it by.</summary>
    public required string Id { get; init; }

    public long ExperimentId { get; init; }

    public string? Name { get; private set; }

    /// <summary>The name folded for ILIKE; null where folding changes nothing.</summary>
    public string? FoldedName { get; private set; }

    public RunStatus Status { get; private set; }

    public string? StatusReason { get; private set; }

    public long? ParentNumber { get; init; }

    public Guid UserId { get; init; }

    public required string User { get; init; }

    /// <summary>Whole milliseconds, so that each database keeps it exactly.</summary>
    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Null: its client never sent one, and the run is never taken for lost.</summary>
    public DateTimeOffset? HeartbeatAt { get; private set; }

    public DateTimeOffset? DeletedAt { get; private set; }

    /// <summary>Markdown.</summary>
    public string? Notes { get; private set; }

    /// <summary>Whether it has alerts: logging asks for them only then.</summary>
    public bool HasAlerts { get; set; }

    /// <summary>Rises with every change by a person: the ETag.</summary>
    public long Edit { get; private set; }

    public bool IsLost => Status == RunStatus.Failed && StatusReason == Lost;

    /// <param name="parent">Number of the run that it belongs to; null: none.</param>
    public static Run Of(long experiment, long? parent, string? name, Actor by, DateTimeOffset now)
    {
        var run = new Run
        {
            Id = Guid.CreateVersion7(now).ToString("N"), ExperimentId = experiment, ParentNumber = parent, UserId = by.UserId, User = by.Name, StartedAt = WholeMilliseconds(now),
        };
        run.Describe(name, null);
        return run;
    }

    public void Describe(string? name, string? notes)
    {
        Name = name is null ? Name : name.Length == 0 ? null : name;
        FoldedName = Name is null ? null : SearchText.FoldIfOther(Name);
        Notes = notes is null ? Notes : notes.Length == 0 ? null : notes;
        Edit++;
    }

    /// <summary>Ends it. The same end again is fine: a client repeats what it has no answer to.</summary>
    /// <returns>Null, or <c>run_finished</c>: it has ended otherwise, and not only been taken for lost.</returns>
    public Refusal? Finish(RunStatus status, string? reason, DateTimeOffset now)
    {
        if (Status != RunStatus.Running && !IsLost)
        {
            return Status == status ? null : ExperimentRefusals.RunFinished(Id, Status);
        }

        Status = status;
        StatusReason = reason is { Length: > 0 } ? reason : null;
        EndedAt = WholeMilliseconds(now);
        return null;
    }

    /// <summary>Goes on with a run that has ended.</summary>
    public void Resume()
    {
        Status = RunStatus.Running;
        StatusReason = null;
        EndedAt = null;
        HeartbeatAt = null;
        Edit++;
    }

    /// <summary>Its client lives. A run that was taken for lost runs again.</summary>
    public void Beat(DateTimeOffset now)
    {
        if (IsLost)
        {
            (Status, StatusReason, EndedAt) = (RunStatus.Running, null, null);
        }

        HeartbeatAt = WholeMilliseconds(now);
    }

    public void Delete(DateTimeOffset now)
    {
        DeletedAt = WholeMilliseconds(now);
        Edit++;
    }

    public void Restore()
    {
        DeletedAt = null;
        Edit++;
    }

    public static DateTimeOffset WholeMilliseconds(DateTimeOffset at) => DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
}
