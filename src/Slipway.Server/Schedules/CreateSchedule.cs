using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Schedules;

/// <summary>Makes a schedule of an upload.</summary>
internal sealed class CreateSchedule(
    Writes writes, TakeJobPackage packages, FindSchedules find, Isolation isolation, AuditLog audit, IOptions<SchedulesOptions> options, TimeProvider time)
{
    /// <returns>The schedule, <c>invalid_field</c>, <c>schedule_already_exists</c>, or a refusal of <see cref="TakeJobPackage.LookAsync"/>.</returns>
    public async Task<Result<ScheduleInfo>> RunAsync(CreateScheduleRequest request, Actor by, CancellationToken cancellationToken)
    {
        var (cron, settings, grace, refusal) = Check(request, PackageResources.None);
        if (refusal is not null)
        {
            return refusal;
        }

        if (!(await find.OneAsync(request.Name, cancellationToken)).IsRefused)
        {
            return ScheduleRefusals.Exists(request.Name);
        }

        var looked = await packages.LookAsync(request.UploadId, request.BaseImage, by, cancellationToken);
        if (looked.Refusal is { } unfit)
        {
            return unfit;
        }

        (cron, settings, grace, refusal) = Check(request, looked.Value.Facts.Resources);
        if (refusal is not null)
        {
            return refusal;   // what config.yaml asks for is more than this machine has
        }

        var made = await writes.RunAsync(
            async (db, token) =>
            {
                if (await db.Set<Schedule>().AnyAsync(s => s.ProjectId == Project.Default && s.Name == request.Name, token))
                {
                    return ScheduleRefusals.Exists(request.Name);
                }

                var now = time.GetUtcNow();
                var id = Guid.CreateVersion7(now);
                var package = await TakeJobPackage.TakeAsync(db, looked.Value, id, by, now, token);
                if (package.Refusal is { } gone)
                {
                    return gone;
                }

                var taken = await db.Set<Schedule>().Select(s => s.UserId).ToListAsync(token);
                var schedule = new Schedule
                {
                    Id = id, ProjectId = Project.Default, Name = request.Name, Description = string.IsNullOrEmpty(request.Description) ? null : request.Description,
                    OwnerId = by.UserId, Owner = by.Name, Experiment = request.Experiment, Cron = cron!.Cron, TimeZone = cron.Zone.Id, NextDueAt = cron.NextAfter(now), Grace = grace,
                    PackageId = package.Value.Id, ParametersJson = settings.ParametersJson, VariablesJson = settings.VariablesJson, Timeout = settings.Timeout,
                    CpuCores = settings.CpuCores, MemoryMib = settings.MemoryMib, UserId = isolation.ChooseForJobs(id, taken.ToHashSet()), CreatedAt = now,
                };
                schedule.Touch(now);
                if (request.Paused)
                {
                    schedule.Pause(now);
                }

                db.Set<Schedule>().Add(schedule);
                audit.Record(db, by, "schedule.created", "schedule", schedule.Name, after: Audited(schedule, package.Value.Digest));
                db.Changed("schedule", schedule.Resource);
                return Result.Done;
            },
            cancellationToken);
        return made.Refusal is { } no ? no : await find.OneAsync(request.Name, cancellationToken);
    }

    /// <summary>What the audit trail says of a schedule.</summary>
    public static string Audited(Schedule schedule, string? package) => JsonSerializer.Serialize(
        new Dictionary<string, string>
        {
            ["cron"] = schedule.Cron, ["time_zone"] = schedule.TimeZone, ["experiment"] = schedule.Experiment, ["package"] = package ?? "", ["parameters"] = schedule.ParametersJson,
        },
        ContractsJson.Default.DictionaryStringString);

    private (CronSchedule? Cron, JobSettings Settings, TimeSpan Grace, Refusal? Refusal) Check(CreateScheduleRequest request, PackageResources asked)
    {
        var fields = new ScheduleFields(ScheduleLimits.OfThisMachine);
        fields.Name(request.Name);
        fields.Experiment(request.Experiment);
        fields.Description(request.Description);
        var cron = fields.When(request.Cron, request.TimeZone);
        var settings = new JobSettings(
            fields.Parameters(request.Parameters), fields.Variables(request.Variables),
            fields.Duration("timeout_seconds", request.TimeoutSeconds ?? options.Value.Timeout.TotalSeconds, TimeSpan.FromSeconds(1), ScheduleLimits.LongestTimeout),
            request.CpuCores ?? asked.CpuCores ?? Math.Min(ScheduleLimits.DefaultCpuCores, ScheduleLimits.OfThisMachine.CpuCores), request.MemoryMib ?? asked.MemoryMib ?? ScheduleLimits.DefaultMemoryMib);
        fields.Resources(settings.CpuCores, settings.MemoryMib);
        var grace = fields.Duration("grace_seconds", request.GraceSeconds ?? options.Value.Grace.TotalSeconds, TimeSpan.Zero, ScheduleLimits.LongestGrace);
        return (cron, settings, grace, fields.Refusal);
    }
}
