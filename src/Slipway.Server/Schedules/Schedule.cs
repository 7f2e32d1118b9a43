using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

internal enum ScheduleStatus
{
    Active,

    /// <summary>Its due times are recorded as missed; none is made up for later.</summary>
    Paused,

    /// <summary>It goes as soon as its execution has ended.</summary>
    Deleting,
}

/// <summary>What a schedule gives to each of its executions. An execution keeps a copy: a later edit does not change what has begun.</summary>
/// <param name="ParametersJson">A JSON object.</param>
/// <param name="VariablesJson">A JSON object of texts.</param>
internal sealed record JobSettings(string ParametersJson, string VariablesJson, TimeSpan Timeout, double CpuCores, int MemoryMib);

/// <summary>A training job that runs by itself: what runs, when, and with which settings.</summary>
internal sealed class Schedule
{
    public Guid Id { get; init; }

    public Guid ProjectId { get; init; }

    public required string Name { get; init; }

    public string? Description { get; set; }

    /// <summary>Its jobs act as this user, with a key that may write to the registry and nothing else.</summary>
    public Guid OwnerId { get; init; }

    public required string Owner { get; init; }

    public ScheduleStatus Status { get; private set; }

    /// <summary>Name of the experiment of its runs.</summary>
    public required string Experiment { get; set; }

    public required string Cron { get; set; }

    public required string TimeZone { get; set; }

    /// <summary>The first due time without a record; null: there is none any more.</summary>
    public DateTimeOffset? NextDueAt { get; set; }

    /// <summary>How late an execution may begin when the server was down at its time.</summary>
    public TimeSpan Grace { get; set; }

    /// <summary>The package that the next execution runs.</summary>
    public Guid PackageId { get; set; }

    public required string ParametersJson { get; set; }

    public required string VariablesJson { get; set; }

    public TimeSpan Timeout { get; set; }

    public double CpuCores { get; set; }

    public int MemoryMib { get; set; }

    /// <summary>The operating-system user of its jobs; used where the machine and the folders allow it.</summary>
    public int UserId { get; init; }

    /// <summary>Highest number of an execution.</summary>
    public int LastNumber { get; private set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Rises with every change by a person: the ETag.</summary>
    public long Edit { get; private set; }

    public CronSchedule When => CronSchedule.Stored(Cron, TimeZone);

    public JobSettings Settings => new(ParametersJson, VariablesJson, Timeout, CpuCores, MemoryMib);

    /// <summary>Path below <c>/api/v1</c>.</summary>
    public string Resource => ResourceOf(Name);

    public static string ResourceOf(string name) => $"schedules/{name}";

    /// <summary>The number of the next execution.</summary>
    public int TakeNumber() => ++LastNumber;

    public void Touch(DateTimeOffset now)
    {
        UpdatedAt = now;
        Edit++;
    }

    /// <returns>False: it is paused already.</returns>
    public bool Pause(DateTimeOffset now) => Change(ScheduleStatus.Active, ScheduleStatus.Paused, now);

    /// <summary>The next time counts from now on: nothing is made up for.</summary>
    /// <param name="lastDueAt">As in <see cref="CountFrom"/>.</param>
    /// <returns>False: it is active already.</returns>
    public bool Resume(DateTimeOffset now, DateTimeOffset? lastDueAt)
    {
        if (!Change(ScheduleStatus.Paused, ScheduleStatus.Active, now))
        {
            return false;
        }

        CountFrom(now, lastDueAt);
        return true;
    }

    /// <summary>Finds the next due time anew. When the clock has gone back, times that have their record lie ahead again: none of them is due a second time.</summary>
    /// <param name="lastDueAt">The latest due time with a record; null: none has one.</param>
    public void CountFrom(DateTimeOffset now, DateTimeOffset? lastDueAt) => NextDueAt = When.NextAfter(lastDueAt is { } last && last > now ? last : now);

    public void MarkDeleting(DateTimeOffset now)
    {
        (Status, NextDueAt) = (ScheduleStatus.Deleting, null);
        Touch(now);
    }

    private bool Change(ScheduleStatus from, ScheduleStatus to, DateTimeOffset now)
    {
        if (Status != from)
        {
            return false;
        }

        Status = to;
        Touch(now);
        return true;
    }
}

internal static class ScheduleStatuses
{
    public static string WireName(this ScheduleStatus status) => status.ToString().ToLowerInvariant();

    public static Refusal? RefuseDeleting(this Schedule schedule) =>
        schedule.Status == ScheduleStatus.Deleting ? ScheduleRefusals.Deleting(schedule.Name) : null;
}
