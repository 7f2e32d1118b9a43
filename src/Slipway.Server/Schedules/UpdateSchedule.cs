using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Changes a schedule in place. What is running keeps what it began with; the next run is computed from now on, and from the last due time that has its record.</summary>
internal sealed class UpdateSchedule(EditSchedule edit, TakeJobPackage packages, RebaseJobPackage rebase, FindSchedules find)
{
    /// <returns>The schedule as it now is, <c>invalid_field</c>, <c>nothing_to_change</c>, a refusal of <see cref="EditSchedule"/>, <see cref="TakeJobPackage.LookAsync"/> or <see cref="RebaseJobPackage"/>.</returns>
    public async Task<Result<ScheduleInfo>> RunAsync(string name, UpdateScheduleRequest request, string? ifMatch, Actor by, CancellationToken cancellationToken)
    {
        if (request == new UpdateScheduleRequest())
        {
            return ScheduleRefusals.NothingToChange();
        }

        var there = await find.OneAsync(name, cancellationToken);
        if (there.IsRefused)
        {
            return there;
        }

        TakeJobPackage.Looked? package = null;
        if (request.UploadId is { } upload)
        {
            var looked = await packages.LookAsync(upload, request.BaseImage, by, cancellationToken);
            if (looked.Refusal is { } unfit)
            {
                return unfit;
            }

            package = looked.Value;
        }

        RebaseJobPackage.Looked? rebased = null;
        if (request is { BaseImage: { } image, UploadId: null } && image != there.Value.Package.BaseImage)
        {
            var looked = await rebase.LookAsync(name, image, cancellationToken);
            if (looked.Refusal is { } unfit)
            {
                return unfit;
            }

            rebased = looked.Value;
        }

        var changed = await edit.RunAsync(
            name, ifMatch, by, "schedule.updated",
            async (db, schedule, now, token) =>
            {
                var before = CreateSchedule.Audited(schedule, await DigestAsync(db, schedule, token));
                if (Apply(schedule, request, now, await DueTimes.LastAsync(db, schedule.Id, token)) is { } refusal)
                {
                    return refusal;
                }

                if (package is not null || rebased is not null)
                {
                    var taken = package is not null
                        ? await TakeJobPackage.TakeAsync(db, package, schedule.Id, by, now, token)
                        : await RebaseJobPackage.TakeAsync(db, rebased!, schedule, by, now, token);
                    if (taken.Refusal is { } gone)
                    {
                        return gone;
                    }

                    schedule.PackageId = taken.Value.Id;
                    await db.SaveChangesAsync(token);
                }

                schedule.Touch(now);
                return (before, CreateSchedule.Audited(schedule, await DigestAsync(db, schedule, token)));
            },
            cancellationToken);
        return changed.Refusal is { } no ? no : await find.OneAsync(name, cancellationToken);
    }

    private static Task<string?> DigestAsync(SlipwayDbContext db, Schedule schedule, CancellationToken cancellationToken) =>
        db.Set<JobPackage>().Where(p => p.Id == schedule.PackageId).Select(p => p.Digest).SingleOrDefaultAsync(cancellationToken);

    private static Refusal? Apply(Schedule schedule, UpdateScheduleRequest request, DateTimeOffset now, DateTimeOffset? lastDueAt)
    {
        var fields = new ScheduleFields(ScheduleLimits.OfThisMachine);
        var experiment = request.Experiment ?? schedule.Experiment;
        fields.Experiment(experiment);
        fields.Description(request.Description);
        var cron = fields.When(request.Cron ?? schedule.Cron, request.TimeZone ?? schedule.TimeZone);
        var parameters = request.Parameters is null ? schedule.ParametersJson : fields.Parameters(request.Parameters);
        var variables = request.Variables is null ? schedule.VariablesJson : fields.Variables(request.Variables);
        var timeout = fields.Duration("timeout_seconds", request.TimeoutSeconds ?? schedule.Timeout.TotalSeconds, TimeSpan.FromSeconds(1), ScheduleLimits.LongestTimeout);
        var (cpu, memory) = (request.CpuCores ?? schedule.CpuCores, request.MemoryMib ?? schedule.MemoryMib);
        fields.Resources(cpu, memory);
        var grace = fields.Duration("grace_seconds", request.GraceSeconds ?? schedule.Grace.TotalSeconds, TimeSpan.Zero, ScheduleLimits.LongestGrace);
        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        (schedule.Experiment, schedule.ParametersJson, schedule.VariablesJson, schedule.Timeout) = (experiment, parameters, variables, timeout);
        (schedule.CpuCores, schedule.MemoryMib, schedule.Grace) = (cpu, memory, grace);
        schedule.Description = request.Description is null ? schedule.Description : request.Description.Length == 0 ? null : request.Description;
        (schedule.Cron, schedule.TimeZone) = (cron!.Cron, cron.Zone.Id);
        schedule.CountFrom(now, lastDueAt);
        return null;
    }
}
